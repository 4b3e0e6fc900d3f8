/** Runs after all others, by itself: nothing was left out. */

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { figure } from '../harness/figures'
import { inspected } from '../harness/inspect'
import { STATES } from '../harness/states'

test('every state of the pages was inspected', () => {
  const seen = new Set(readFileSync(inspected, 'utf8').trim().split('\n'))
  expect(STATES.filter((state) => !seen.has(state))).toEqual([])
  figure(6, `axe: nothing serious in ${STATES.length} of ${STATES.length} states, each in light, dark and 360 px wide`)
})
