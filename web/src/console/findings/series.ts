/** The mood of answers over time, in steps that suit the period. */

import type { Schemas } from '../../engine/client'

type Hour = Schemas['SentimentHour']
type Sentiments = Schemas['Sentiments']

const HOUR_S = 3_600

/** Seconds since 1970, and for each of them how many answers were positive, neutral and negative. */
export interface Series {
  times: number[]
  positive: number[]
  neutral: number[]
  negative: number[]
}

/** Returns the length of a step in hours: some dozens of steps can be told apart. */
export function stepOf(hours: number): number {
  return hours <= 48 ? 1 : hours <= 24 * 120 ? 24 : 168
}

/** Adds hours up into steps. Steps in which nobody answered are there as well, with nothing in them. */
export function seriesOf(hours: readonly Hour[], step: number): Series {
  const length = step * HOUR_S
  const steps = new Map<number, [number, number, number]>()
  for (const { timestamp, sentiments } of hours) {
    const at = Math.floor(Date.parse(timestamp) / 1000 / length) * length
    const counts = steps.get(at) ?? [0, 0, 0]
    const [positive, neutral, negative] = countsOf(sentiments)
    steps.set(at, [counts[0] + positive, counts[1] + neutral, counts[2] + negative])
  }
  const series: Series = { times: [], positive: [], neutral: [], negative: [] }
  if (steps.size === 0) return series
  const [first, last] = [Math.min(...steps.keys()), Math.max(...steps.keys())]
  for (let at = first; at <= last; at += length) {
    const [positive, neutral, negative] = steps.get(at) ?? [0, 0, 0]
    series.times.push(at)
    series.positive.push(positive)
    series.neutral.push(neutral)
    series.negative.push(negative)
  }
  return series
}

function countsOf(sentiments: Sentiments): [number, number, number] {
  return [
    sentiments.very_positive + sentiments.positive,
    sentiments.neutral,
    sentiments.very_negative + sentiments.negative,
  ]
}
