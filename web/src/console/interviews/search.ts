/** The filters of the list of interviews, as they stand in the address and as the engine takes them. */

import type { paths } from '../../engine/description'
import { type Search, day, oneOf, set, text } from '../address'

type Query = NonNullable<paths['/api/interviews/']['get']['parameters']['query']>

export const STATUSES = ['scheduled', 'in_progress', 'completed', 'failed', 'cancelled', 'no_show'] as const
export const ORDERS = ['-created_at', 'created_at', '-updated_at', '-scheduled_at', 'scheduled_at'] as const

export interface InterviewsSearch {
  status?: (typeof STATUSES)[number]
  guide?: string
  tag?: string
  /** Part of the respondent's name, address, number or id. */
  q?: string
  review?: 'yes' | 'no'
  /** Days, in the reader's time zone; both are included. */
  from?: string
  to?: string
  sort?: (typeof ORDERS)[number]
}

/** Reads an address. What makes no sense is left out. */
export function interviewsSearch(search: Search): InterviewsSearch {
  return set({
    status: oneOf(STATUSES, search['status']),
    guide: text(search['guide']),
    tag: text(search['tag']),
    q: text(search['q']),
    review: oneOf(['yes', 'no'] as const, search['review']),
    from: day(search['from']),
    to: day(search['to']),
    sort: oneOf(ORDERS, search['sort']),
  })
}

/** Returns what the engine is asked. */
export function asQuery(search: InterviewsSearch): Query {
  return set({
    status: search.status,
    call_guide_id: search.guide,
    tag: search.tag,
    q: search.q,
    requires_human_review: search.review === undefined ? undefined : search.review === 'yes',
    created_from: search.from === undefined ? undefined : startOf(search.from, 0),
    // The engine's spans leave out their end.
    created_to: search.to === undefined ? undefined : startOf(search.to, 1),
    sort: search.sort,
  })
}

/** Returns the beginning of a day, or of a day after it, in the reader's time zone. */
function startOf(date: string, daysLater: number): string {
  const start = new Date(`${date}T00:00:00`)
  start.setDate(start.getDate() + daysLater)
  return start.toISOString()
}
