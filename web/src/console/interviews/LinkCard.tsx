/** The join link, and taking the appointment back. */

import { useState } from 'react'
import { Confirm } from '../../ui/Confirm'
import { CopyField } from '../../ui/CopyField'
import { Trouble } from '../../ui/Trouble'
import { Time } from '../../ui/time'
import { useCancel, useOpenNow } from './changes'
import { isOver } from './names'
import type { Interview } from './queries'

export function LinkCard({ interview }: { interview: Interview }) {
  const open = useOpenNow(interview.id)
  const cancel = useCancel(interview.id)
  const [asked, setAsked] = useState<'open' | 'cancel' | null>(null)
  if (isOver(interview)) return null
  const live = interview.status === 'in_progress'
  return (
    <section className="card" aria-labelledby="link">
      <h2 id="link">{live ? 'The call' : 'The invitation'}</h2>
      <p>
        {live ? (
          'The call is on.'
        ) : (
          <>
            The respondent has until <Time at={interview.no_show_at} /> to join.
          </>
        )}
      </p>
      {open.data !== undefined && (
        <>
          <CopyField label="The new link" value={open.data.join_url} />
          <p className="soft small">
            It is shown only here, and valid until <Time at={open.data.join_expires_at} />.
          </p>
        </>
      )}
      <Trouble error={open.error} />
      <div className="row">
        <button type="button" disabled={open.isPending} onClick={() => setAsked('open')}>
          {live ? 'Make a new link' : 'Open it now'}
        </button>
        <button type="button" className="danger" onClick={() => setAsked('cancel')}>
          {live ? 'End the call' : 'Cancel it'}
        </button>
      </div>
      {asked === 'open' && (
        <Confirm
          title="Make a new link"
          action="Make a new link"
          busy={open.isPending}
          error={open.error}
          onConfirm={() => open.mutate(undefined, { onSuccess: () => setAsked(null) })}
          onClose={() => setAsked(null)}
        >
          <p>
            The interview opens now, whatever its appointment says. The link that the respondent has is no longer valid,
            so send them the new one.
          </p>
        </Confirm>
      )}
      {asked === 'cancel' && (
        <Confirm
          title={live ? 'End the call?' : 'Cancel the interview?'}
          action={live ? 'End the call' : 'Cancel the interview'}
          busy={cancel.isPending}
          error={cancel.error}
          onConfirm={() => cancel.mutate(undefined, { onSuccess: () => setAsked(null) })}
          onClose={() => setAsked(null)}
        >
          <p>
            {live
              ? 'The interviewer says goodbye and ends the call. What was said so far is kept.'
              : 'The link is no longer valid. A cancelled interview cannot be opened again.'}
          </p>
        </Confirm>
      )}
    </section>
  )
}
