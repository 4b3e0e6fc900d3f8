/** The person's rights: consent, a copy of their data, and erasure. */

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Confirm } from '../../ui/Confirm'
import { Facts } from '../../ui/Facts'
import { Trouble } from '../../ui/Trouble'
import { Time } from '../../ui/time'
import { useMay } from '../session/session'
import { useErase, useStopRecording } from './changes'
import { isErased, respondent } from './names'
import { type Interview, receiptQuery } from './queries'

export function Privacy({ interview }: { interview: Interview }) {
  const admin = useMay('admin')
  const researcher = useMay('researcher')
  const erased = isErased(interview)
  const stop = useStopRecording(interview.id)
  const [asked, setAsked] = useState<'erase' | 'stop' | null>(null)
  const erase = useErase(interview.id)
  const live = interview.status === 'in_progress'
  return (
    <section className="card" aria-labelledby="privacy">
      <h2 id="privacy">Consent and personal data</h2>
      <Facts
        facts={[
          ['Takes part', interview.consent_given ? 'Yes' : 'No consent'],
          ['Said so', <Time key="at" at={interview.consent_timestamp} />],
          ['Recording', interview.can_be_recorded ? 'Consented' : 'No consent'],
        ]}
      />
      {erased && admin && <Receipt id={interview.id} />}
      {erased && !admin && <p>The respondent’s data was erased.</p>}
      <div className="row">
        {researcher && live && interview.can_be_recorded && (
          <button type="button" onClick={() => setAsked('stop')}>
            Stop the recording
          </button>
        )}
        {admin && !erased && (
          <>
            <a className="button" href={`/api/interviews/${interview.id}/personal-data?format=zip`} download>
              Copy of the data
            </a>
            <button type="button" className="danger" onClick={() => setAsked('erase')}>
              Erase the respondent
            </button>
          </>
        )}
      </div>
      {asked === 'stop' && (
        <Confirm
          title="Stop the recording?"
          action="Stop the recording"
          busy={stop.isPending}
          error={stop.error}
          onConfirm={() => stop.mutate({ delete_so_far: true }, { onSuccess: () => setAsked(null) })}
          onClose={() => setAsked(null)}
        >
          <p>The interview goes on. What was recorded so far is deleted.</p>
        </Confirm>
      )}
      {asked === 'erase' && (
        <Confirm
          title="Erase the respondent?"
          action="Erase for good"
          typed="erase"
          busy={erase.isPending}
          error={erase.error}
          onConfirm={() => erase.mutate(undefined, { onSuccess: () => setAsked(null) })}
          onClose={() => setAsked(null)}
        >
          <p>
            Everything of {respondent(interview)} is erased, in <strong>all interviews</strong> of this respondent:
            names, words, recordings, and quotes in reports. A receipt remains. This cannot be undone.
          </p>
        </Confirm>
      )}
    </section>
  )
}

function Receipt({ id }: { id: string }) {
  const receipt = useQuery(receiptQuery(id))
  if (receipt.data === undefined) return <Trouble error={receipt.error} />
  const { erased_at, erased_by, interview_ids, files_pending } = receipt.data
  return (
    <div className="card warn">
      <h3>Erased</h3>
      <Facts
        facts={[
          ['When', <Time key="at" at={erased_at} />],
          ['By', erased_by],
          ['Interviews', String(interview_ids.length)],
        ]}
      />
      {files_pending && <p>Some files are out of reach. They are removed as soon as they are not.</p>}
    </div>
  )
}
