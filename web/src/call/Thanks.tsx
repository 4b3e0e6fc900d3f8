/** The end of the call: thanks, and what happens with the data. */

import type { Invitation } from '../engine/api'
import { Screen } from '../ui/Screen'

interface ThanksProps {
  invited: Invitation
  /** The outcome of the interview, or null if the engine could not be asked. */
  outcome: Invitation | null
  /** What was consented to in this call, if it is known. */
  participation?: boolean | null
  recording?: boolean | null
  /** True if the link was opened after the end. */
  again?: boolean
}

type Ending = 'completed' | 'declined' | 'left' | 'failed' | 'closed' | 'missed'

/**
 * Reasons that come from the respondent or from the conversation, so that there was a conversation.
 */
const THEIRS = ['respondent_left', 'respondent_stopped', 'no_answer', 'time_up', 'person_requested']

export function endingOf(outcome: Invitation | null, participation: boolean | null): Ending {
  if (participation === false || outcome?.status_reason === 'consent_declined') return 'declined'
  if (outcome === null || outcome.status === 'completed') return 'completed'
  if (outcome.status === 'failed') return 'failed'
  if (outcome.status === 'no_show') return 'missed'
  // The inviting side cancelled the interview, usually before it began.
  return THEIRS.includes(outcome.status_reason ?? '') || outcome.consent_given ? 'left' : 'closed'
}

const NOTED: Partial<Record<Ending, string>> = {
  declined: 'Only the fact that you declined is stored.',
  missed: 'Only the fact that nobody joined is stored.',
}

const SAID: Record<Ending, [title: string, text: string]> = {
  completed: ['Thank you', 'Those were all the questions. Your answers help.'],
  declined: ['That’s no problem', 'You chose not to take part. The call has ended.'],
  left: ['Thank you for your time', 'The interview has ended here, as you wished.'],
  failed: ['The interview was interrupted', 'The interviewer had a technical fault. Nothing was wrong on your side.'],
  closed: ['This interview has ended', 'It can no longer be joined.'],
  missed: ['The time of this interview is over', 'If you would still like to take part, ask for another time.'],
}

export function Thanks({ invited, outcome, participation = null, recording = null, again = false }: ThanksProps) {
  const ending = endingOf(outcome, participation)
  const whole = outcome?.can_be_recorded ?? recording ?? false
  const part = !whole && (outcome?.recording_kept ?? false)
  const kept = ending !== 'declined' && (outcome?.consent_given ?? participation === true)
  const [title, text] = SAID[ending]
  return (
    <Screen name={`thanks-${ending}`} title={title} above={<p className="above">{invited.call_guide_name}</p>}>
      <p className="lead">{text}</p>
      <section className="card" aria-labelledby="data">
        <h2 id="data">What happens with your data</h2>
        {kept ? (
          <ul>
            <li>Your answers are kept as text, for the study above.</li>
            <li>
              {whole
                ? 'The conversation was recorded, as you allowed. The recording is kept with the text.'
                : part
                  ? 'What was recorded before you stopped the recording is kept with the text, and nothing after that.'
                  : 'No recording of your voice was kept.'}
            </li>
            <li>
              Both stay on the machine of the people who invited you. They were not sent to any other company to be
              understood.
            </li>
            <li>If you want to see your answers or have them deleted, ask the person who invited you.</li>
          </ul>
        ) : (
          <ul>
            <li>Nothing that you said was kept: no text and no recording.</li>
            <li>
              {NOTED[ending] ?? 'Only the fact that the call ended is stored.'}
            </li>
          </ul>
        )}
      </section>
      <p>
        {again && ending !== 'missed'
          ? 'This link has been used. There is nothing left to do.'
          : 'You can close this window now.'}
      </p>
    </Screen>
  )
}
