/** Scheduling an interview with somebody. */

import { type Schemas, api, got } from '../../engine/client'
import { set } from '../address'
import type { Person } from './people'

export type Scheduled = Schemas['ScheduledInterview']

/**
 * Schedules an interview. The same key means the same invitation: sent again after a lost connection, nobody is
 * invited twice.
 */
export function schedule(guide: string, person: Person, key: string): Promise<Scheduled> {
  const body = {
    call_guide_id: guide,
    ...set({
      respondent_name: person.name,
      respondent_email: person.email,
      respondent_phone: person.phone,
      scheduled_at: person.at,
    }),
  }
  return got(api.POST('/api/interviews/schedule', { params: { header: { 'Idempotency-Key': key } }, body }))
}
