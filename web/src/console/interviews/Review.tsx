/** Whether a person should look at it: asking for that, and closing it. */

import { type FormEvent, useState } from 'react'
import { Dialog } from '../../ui/Dialog'
import { Field } from '../../ui/Field'
import { Trouble, faultAt } from '../../ui/Trouble'
import { text } from '../address'
import { useMay } from '../session/session'
import { useAnnotate, useReview } from './changes'
import type { Interview } from './queries'

const OUTCOMES = [
  ['accepted', 'It can be used as it is'],
  ['accepted_in_part', 'It can be used in part; the note says which'],
  ['rejected', 'It must not be used'],
  ['contacted', 'Somebody has spoken, or will speak, with the respondent'],
] as const

interface ReviewProps {
  interview: Interview
  tag: string
}

export function Review({ interview, tag }: ReviewProps) {
  const may = useMay('researcher')
  const [asking, setAsking] = useState(false)
  const { requires_human_review: waits, escalation_reason: reason } = interview
  if (!waits && !may) return null
  return (
    <section className={waits ? 'card warn' : 'card'} aria-labelledby="review">
      <h2 id="review">Review</h2>
      <p>{waits ? (reason ?? 'Somebody should look at this interview.') : 'Nobody needs to look at this interview.'}</p>
      {may && waits && <CloseReview id={interview.id} />}
      {may && !waits && (
        <button type="button" onClick={() => setAsking(true)}>
          Ask for a review
        </button>
      )}
      {asking && <AskReview id={interview.id} tag={tag} onClose={() => setAsking(false)} />}
    </section>
  )
}

function CloseReview({ id }: { id: string }) {
  const review = useReview(id)
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const outcome = OUTCOMES.find(([name]) => name === form.get('outcome'))?.[0]
    const note = text(form.get('note'))
    if (outcome !== undefined) review.mutate({ outcome, ...(note === undefined ? {} : { note }) })
  }
  return (
    <form onSubmit={submit}>
      <fieldset>
        <legend>Outcome</legend>
        {OUTCOMES.map(([name, label]) => (
          <label key={name} className="check">
            <input type="radio" name="outcome" value={name} required /> {label}
          </label>
        ))}
      </fieldset>
      <Field label="Note" fault={faultAt(review.error, '/note')}>
        {(control) => <textarea {...control} name="note" rows={2} />}
      </Field>
      <Trouble error={review.error} shown={['/note']} />
      <button type="submit" className="main" disabled={review.isPending}>
        Close the review
      </button>
    </form>
  )
}

interface AskReviewProps {
  id: string
  tag: string
  onClose: () => void
}

function AskReview({ id, tag, onClose }: AskReviewProps) {
  const annotate = useAnnotate(id, tag)
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    const reason = String(new FormData(event.currentTarget).get('reason'))
    annotate.mutate({ requires_human_review: true, escalation_reason: reason }, { onSuccess: onClose })
  }
  return (
    <Dialog title="Ask for a review" onClose={onClose}>
      <form onSubmit={submit}>
        <Field label="Why should somebody look at it?" fault={faultAt(annotate.error, '/escalation_reason')}>
          {(control) => <textarea {...control} name="reason" rows={3} required />}
        </Field>
        <Trouble error={annotate.error} shown={['/escalation_reason']} />
        <div className="actions">
          <button type="submit" className="main" disabled={annotate.isPending}>
            Ask for a review
          </button>
          <button type="button" className="quiet" onClick={onClose}>
            Close
          </button>
        </div>
      </form>
    </Dialog>
  )
}
