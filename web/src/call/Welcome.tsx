/** Who invites and why, how long it takes, and what consent means here. */

import type { Invitation } from '../engine/api'
import { Screen } from '../ui/Screen'

function minutes(count: number): string {
  return count === 1 ? '1 minute' : `${count} minutes`
}

export function Welcome({ invited, onContinue }: { invited: Invitation; onContinue: () => void }) {
  const resumed = invited.status === 'in_progress'
  const name = invited.respondent_name
  const hello = resumed ? 'Welcome back' : 'You are invited to an interview'
  return (
    <Screen
      name="welcome"
      title={invited.call_guide_name}
      above={<p className="above">{name === null ? hello : `${hello}, ${name}`}</p>}
    >
      <p className="lead">{invited.research_objective}</p>
      {resumed && <p>You have begun already. The interview continues with the question at which you left it.</p>}
      <dl className="facts">
        <div>
          <dt>Time</dt>
          <dd>About {minutes(invited.estimated_duration_minutes)}</dd>
        </div>
        <div>
          <dt>Questions</dt>
          <dd>{invited.questions}, and sometimes a follow-up</dd>
        </div>
        <div>
          <dt>You talk with</dt>
          <dd>An automated voice, not a person</dd>
        </div>
      </dl>
      <section className="card" aria-labelledby="consent">
        <h2 id="consent">You decide, out loud</h2>
        <p>The interviewer asks before it begins, and you answer by speaking:</p>
        <ul>
          <li>
            <strong>Would you like to take part?</strong> Until you say yes, nothing you say is kept. If you say no, the
            call ends, and that is fine.
          </li>
          {invited.recording ? (
            <li>
              <strong>May the conversation be recorded?</strong> If you say no, the interview continues without a
              recording, and only the text of your answers is kept.
            </li>
          ) : (
            <li>
              <strong>No sound is recorded.</strong> Only the text of your answers is kept.
            </li>
          )}
        </ul>
        <p>You can skip any question, pause, or leave at any time.</p>
      </section>
      <p className="soft small">
        Your words are processed on the interviewer’s own machine. They are not sent to any other company.
      </p>
      <div className="actions">
        <button type="button" className="main" onClick={onContinue}>
          Continue to the sound check
        </button>
      </div>
    </Screen>
  )
}
