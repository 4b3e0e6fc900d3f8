import { expect, test } from 'vitest'
import { tokenOf } from './route'

test('only a join address has a token', () => {
  expect(tokenOf('/join/abc-_1')).toBe('abc-_1')
  expect(tokenOf('/join/a%20b/')).toBe('a b')
  expect(tokenOf('/join/%')).toBe('%')
  for (const path of ['/', '/join/', '/join/a/b', '/joined/a']) expect(tokenOf(path)).toBeNull()
})
