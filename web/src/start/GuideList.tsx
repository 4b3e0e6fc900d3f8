/** The guides, each with a way to try it. */

import { useState } from 'react'
import { type CallGuide, questionsOf, schedule } from '../engine/api'
import { said } from './said'

export function GuideList({ guides }: { guides: CallGuide[] }) {
  const [busy, setBusy] = useState<string | null>(null)
  const [fault, setFault] = useState('')

  async function tryIt(guide: CallGuide): Promise<void> {
    setBusy(guide.id)
    setFault('')
    try {
      const { join_token } = await schedule(guide.id)
      // The call is opened on this host, whatever address the public join link has.
      window.location.assign(`/join/${encodeURIComponent(join_token)}`)
    } catch (error) {
      setFault(said(error))
      setBusy(null)
    }
  }

  return (
    <section aria-labelledby="guides">
      <h2 id="guides">Call guides</h2>
      <ul className="guides">
        {guides.map((guide) => (
          <li key={guide.id} className="card">
            <h3 id={`guide-${guide.id}`}>{guide.name}</h3>
            <p>{guide.research_objective}</p>
            <p className="soft small">
              {questionsOf(guide)} questions, about {guide.estimated_duration_minutes} min
            </p>
            <button
              type="button"
              className="main"
              aria-describedby={`guide-${guide.id}`}
              disabled={busy !== null}
              onClick={() => void tryIt(guide)}
            >
              {busy === guide.id ? 'Opening…' : 'Try it'}
            </button>
          </li>
        ))}
      </ul>
      <p role="alert" className="fault">
        {fault}
      </p>
    </section>
  )
}
