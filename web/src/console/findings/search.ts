/** What the dashboards are about, as it stands in the address. */

import { type Search, oneOf, set, text } from '../address'

export const PERIODS = { day: 24, week: 168, month: 720, quarter: 2_184, year: 8_760 } as const
export type Period = keyof typeof PERIODS

export interface FindingsSearch {
  period?: Period
  guide?: string
}

export function findingsSearch(search: Search): FindingsSearch {
  return set({
    period: oneOf(Object.keys(PERIODS) as Period[], search['period']),
    guide: text(search['guide']),
  })
}
