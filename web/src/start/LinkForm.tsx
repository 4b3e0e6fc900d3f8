/** Makes a link that lets somebody into an interview in their browser. */

import { type FormEvent, useState } from 'react'
import { type CallGuide, type Respondent, type Scheduled, schedule } from '../engine/api'
import { isLocal } from '../engine/joinLink'
import { CopyField } from '../ui/CopyField'
import { said } from './said'

/**
 * Returns the respondent without empty fields, because the engine accepts only texts or nothing.
 */
export function respondentOf(form: FormData): Respondent {
  const text = (name: string): string => {
    const value = form.get(name)
    return typeof value === 'string' ? value.trim() : ''
  }
  const respondent: Respondent = {}
  if (text('name') !== '') respondent.respondent_name = text('name')
  if (text('email') !== '') respondent.respondent_email = text('email')
  return respondent
}

export function LinkForm({ guides }: { guides: CallGuide[] }) {
  const [made, setMade] = useState<Scheduled | null>(null)
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    setFault('')
    setMade(null)
    try {
      setMade(await schedule(String(form.get('guide')), respondentOf(form)))
    } catch (error) {
      setFault(said(error))
    } finally {
      setBusy(false)
    }
  }

  const until = made === null ? '' : new Date(made.join_expires_at).toLocaleDateString('en', { dateStyle: 'long' })
  return (
    <section aria-labelledby="link" className="card">
      <h2 id="link">A link for somebody</h2>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          Guide
          <select name="guide" required>
            {guides.map((guide) => (
              <option key={guide.id} value={guide.id}>
                {guide.name}
              </option>
            ))}
          </select>
        </label>
        <label>
          Name <span className="soft">(optional: the interviewer uses it in the greeting)</span>
          <input name="name" maxLength={200} autoComplete="off" />
        </label>
        <label>
          E-mail <span className="soft">(optional: kept with the interview; nothing is sent)</span>
          <input name="email" type="email" maxLength={320} autoComplete="off" />
        </label>
        <div className="actions">
          <button type="submit" className="main" disabled={busy}>
            {busy ? 'Making the link…' : 'Make a link'}
          </button>
        </div>
      </form>
      <p role="alert" className="fault">
        {fault}
      </p>
      <div role="status">
        {made !== null && (
          <>
            <CopyField label="Their link" value={made.join_url} />
            <p className="soft small">
              Valid until {until}, for one interview. It is shown only here. Anybody who has it can take part.
            </p>
            {isLocal(made.join_url) && (
              <p className="soft small">
                It works on this machine only, as long as the engine has no public address (PUBLIC_URL).
              </p>
            )}
          </>
        )}
      </div>
    </section>
  )
}
