import { expect, test } from 'vitest'
import { seriesOf, stepOf } from './series'

function hour(timestamp: string, positive: number, neutral: number, negative: number) {
  const total = positive + neutral + negative
  return { timestamp, sentiments: { very_positive: 0, positive, neutral, negative, very_negative: 0, total } }
}

test('hours add up into steps, and empty steps are there', () => {
  const hours = [
    hour('2030-01-01T09:00:00Z', 1, 2, 3),
    hour('2030-01-01T10:00:00Z', 1, 0, 0),
    hour('2030-01-03T00:00:00Z', 0, 0, 4),
  ]
  expect(seriesOf(hours, 24)).toEqual({
    times: [1_893_456_000, 1_893_542_400, 1_893_628_800],
    positive: [2, 0, 0],
    neutral: [2, 0, 0],
    negative: [3, 0, 4],
  })
  expect(seriesOf([], 24).times).toEqual([])
})

test('a longer period has longer steps', () => {
  expect([24, 168, 720, 8_760].map(stepOf)).toEqual([1, 24, 24, 168])
})
