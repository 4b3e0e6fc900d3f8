/** Alerts, each with what can be done about it. */

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { type Schemas, api, got } from '../../engine/client'
import { Badge, type Tone, plain } from '../../ui/Badge'
import { Dialog } from '../../ui/Dialog'
import { Field } from '../../ui/Field'
import { Trouble, faultAt } from '../../ui/Trouble'
import { Time, number } from '../../ui/time'
import { text } from '../address'
import { useMay } from '../session/session'

export type Alert = Schemas['QualityAlert']

const TONES: Record<Alert['severity'], Tone> = { info: 'plain', warning: 'warn', error: 'bad', critical: 'bad' }

interface AlertListProps {
  alerts: Alert[]
  empty: string
  /** Whether each alert leads to its interview. */
  linked?: boolean
}

export function AlertList({ alerts, empty, linked = false }: AlertListProps) {
  const may = useMay('researcher')
  const [dealing, setDealing] = useState<{ alert: Alert; how: How } | null>(null)
  if (alerts.length === 0) return <p className="empty">{empty}</p>
  return (
    <>
      <ul className="list">
        {alerts.map((alert) => (
          <li key={alert.id}>
            <div className="row">
              <Badge tone={TONES[alert.severity]}>{plain(alert.severity)}</Badge>
              <strong>{alert.title}</strong>
              {alert.resolved_at !== null && <Badge tone="good">Resolved</Badge>}
              {alert.resolved_at === null && alert.acknowledged_at !== null && <Badge>Seen</Badge>}
            </div>
            <p>{alert.description}</p>
            <p className="soft small">
              {plain(alert.metric_name)}: {number(alert.current_value)}, threshold {number(alert.threshold)}, raised{' '}
              <Time at={alert.timestamp} />
              {alert.note !== null && `. Note: ${alert.note}`}
            </p>
            <div className="row">
              {linked && alert.interview_id !== null && (
                <Link
                  to="/interviews/$id"
                  params={{ id: alert.interview_id }}
                  aria-label={`Open the interview: ${alert.title}`}
                >
                  Open the interview
                </Link>
              )}
              {may && alert.resolved_at === null && (
                <>
                  {alert.acknowledged_at === null && (
                    <button
                      type="button"
                      className="small"
                      aria-label={`Mark as seen: ${alert.title}`}
                      onClick={() => setDealing({ alert, how: 'acknowledge' })}
                    >
                      Mark as seen
                    </button>
                  )}
                  <button
                    type="button"
                    className="small"
                    aria-label={`Resolve: ${alert.title}`}
                    onClick={() => setDealing({ alert, how: 'resolve' })}
                  >
                    Resolve
                  </button>
                </>
              )}
            </div>
          </li>
        ))}
      </ul>
      {dealing !== null && <Deal alert={dealing.alert} how={dealing.how} onClose={() => setDealing(null)} />}
    </>
  )
}

type How = 'acknowledge' | 'resolve'
const WORDS = {
  acknowledge: ['Mark the alert as seen', 'Mark as seen'],
  resolve: ['Resolve the alert', 'Resolve'],
} as const

function Deal({ alert, how, onClose }: { alert: Alert; how: How; onClose: () => void }) {
  const queries = useQueryClient()
  const deal = useMutation({
    mutationFn: (note: string | undefined) => {
      const options = { params: { path: { id: alert.id } }, body: note === undefined ? null : { note } }
      return how === 'resolve'
        ? got(api.POST('/api/quality/alerts/{id}/resolve', options))
        : got(api.POST('/api/quality/alerts/{id}/acknowledge', options))
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['alerts'] })
      onClose()
    },
  })
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    deal.mutate(text(new FormData(event.currentTarget).get('note')))
  }
  const [title, action] = WORDS[how]
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
        <p>{alert.title}</p>
        <Field label="Note (optional)" fault={faultAt(deal.error, '/note')}>
          {(control) => <textarea {...control} name="note" rows={3} maxLength={10_000} />}
        </Field>
        <Trouble error={deal.error} shown={['/note']} />
        <div className="actions">
          <button type="submit" className="main" disabled={deal.isPending}>
            {action}
          </button>
          <button type="button" className="quiet" onClick={onClose}>
            Close
          </button>
        </div>
      </form>
    </Dialog>
  )
}
