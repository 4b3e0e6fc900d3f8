import { expect, test } from 'vitest'
import type { Invitation } from '../engine/api'
import { endingOf } from './Thanks'

function ended(status: Invitation['status'], reason: string | null, consent: boolean): Invitation {
  return { status, status_reason: reason, consent_given: consent } as Invitation
}

test.each([
  [ended('completed', null, true), true, 'completed'],
  [ended('cancelled', 'consent_declined', false), null, 'declined'],
  [ended('cancelled', 'respondent_left', false), null, 'left'],
  [ended('cancelled', 'respondent_left', true), true, 'left'],
  [ended('cancelled', 'cancelled', false), null, 'closed'],
  [ended('no_show', 'nobody_joined', false), null, 'missed'],
  [ended('failed', 'speech_failed', true), true, 'failed'],
  [null, false, 'declined'],
  [null, true, 'completed'],
])('%o with consent %s is %s', (outcome, participation, ending) => {
  expect(endingOf(outcome, participation)).toBe(ending)
})
