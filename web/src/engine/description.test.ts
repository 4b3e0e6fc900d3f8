/** The types of the API are those of its description, which the engine makes and `tests/it/reference.rs` holds to it. */

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import openapiTS, { COMMENT_HEADER, astToString } from 'openapi-typescript'
import { expect, test } from 'vitest'

test('the types of the API are made from its description', { timeout: 60_000 }, async () => {
  const description = resolve(import.meta.dirname, '../../../docs/reference/openapi.json')
  const made = COMMENT_HEADER + astToString(await openapiTS(pathToFileURL(description)))
  const written = readFileSync(join(import.meta.dirname, 'description.d.ts'), 'utf8')
  expect(made === written, 'The types are out of date. Run: npm run api --prefix web').toBe(true)
})
