import { expect, test } from 'vitest'
import { lookAgainMs } from './TooEarly'

test.each([
  [0, 1_000],
  [90, 90_000],
  [3_600 * 24 * 40, 3_600_000],
])('opening in %d s is looked at again after %d ms', (seconds, ms) => {
  expect(lookAgainMs(seconds)).toBe(ms)
})
