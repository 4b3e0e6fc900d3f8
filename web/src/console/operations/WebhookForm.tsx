/** Making a webhook, or changing one. */

import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { type Schemas, api, got, tagged } from '../../engine/client'
import { Problem } from '../../engine/http'
import { Dialog } from '../../ui/Dialog'
import { Field } from '../../ui/Field'
import { Trouble, faultAt } from '../../ui/Trouble'
import type { Webhook } from './queries'

type Settings = Schemas['WebhookSettings']

const EVENTS: [Schemas['WebhookEvent'], string][] = [
  ['interview.scheduled', 'An interview was scheduled'],
  ['interview.started', 'A call began'],
  ['interview.completed', 'An interview was held to its end'],
  ['interview.failed', 'An interview broke off'],
  ['insights.extracted', 'A report was made'],
  ['quality.alert', 'A quality alert was raised'],
]
const POINTERS = ['/name', '/url', '/events']

interface WebhookFormProps {
  /** The one that is changed, and the state that it is in. */
  webhook?: { row: Webhook; tag: string }
  onClose: () => void
  onMade?: (webhook: Schemas['WebhookWithSecret']) => void
}

export function WebhookForm({ webhook, onClose, onMade }: WebhookFormProps) {
  const queries = useQueryClient()
  const save = useMutation({
    mutationFn: async (body: Settings) => {
      if (webhook === undefined) return onMade?.(await got(api.POST('/api/webhooks/', { body })))
      const params = { path: { id: webhook.row.id }, header: { 'If-Match': webhook.tag } }
      try {
        queries.setQueryData(
          ['webhooks', webhook.row.id],
          await tagged(api.PUT('/api/webhooks/{id}', { params, body })),
        )
      } catch (error) {
        if (!(error instanceof Problem && error.status === 412)) throw error
        await queries.invalidateQueries({ queryKey: ['webhooks', webhook.row.id] })
        throw new Error('Somebody else changed this webhook in the meantime. Save again to change it to what is here')
      }
      return onClose()
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['webhooks', 'list'] }),
  })
  const row = webhook?.row
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    save.mutate({
      name: String(form.get('name')),
      url: String(form.get('url')),
      events: EVENTS.flatMap(([name]) => (form.getAll('events').includes(name) ? [name] : [])),
      is_active: form.get('active') !== null,
      // The engine takes what is left out for none.
      ...(row === undefined ? {} : { headers: row.headers }),
    })
  }
  const fault = faultAt(save.error, '/events')
  return (
    <Dialog title={row === undefined ? 'Make a webhook' : `Change ${row.name}`} onClose={onClose}>
      <form onSubmit={submit}>
        <Field label="What is it for?" fault={faultAt(save.error, '/name')}>
          {(control) => <input {...control} name="name" required maxLength={200} defaultValue={row?.name} />}
        </Field>
        <Field label="Address" hint="By https, and on the public internet." fault={faultAt(save.error, '/url')}>
          {(control) => <input {...control} name="url" type="url" required maxLength={2048} defaultValue={row?.url} />}
        </Field>
        <fieldset>
          <legend>It is told when</legend>
          {EVENTS.map(([name, label]) => (
            <label key={name} className="check">
              <input type="checkbox" name="events" value={name} defaultChecked={row?.events.includes(name) ?? false} />{' '}
              {label}
            </label>
          ))}
          {fault !== undefined && <p className="fault">{fault}</p>}
        </fieldset>
        <label className="check">
          <input type="checkbox" name="active" defaultChecked={row?.is_active ?? true} /> Switched on
        </label>
        <Trouble error={save.error} shown={POINTERS} />
        <div className="actions">
          <button type="submit" className="main" disabled={save.isPending}>
            {row === undefined ? 'Make the webhook' : 'Save the webhook'}
          </button>
          <button type="button" className="quiet" onClick={onClose}>
            Close
          </button>
        </div>
      </form>
    </Dialog>
  )
}
