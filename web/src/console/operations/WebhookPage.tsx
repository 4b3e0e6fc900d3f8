/** One webhook: how it goes, what was delivered, and delivering again. */

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { type Schemas, api, got } from '../../engine/client'
import { Problem } from '../../engine/http'
import { Badge, type Tone, plain } from '../../ui/Badge'
import { Confirm } from '../../ui/Confirm'
import { DataTable, column } from '../../ui/DataTable'
import { Facts } from '../../ui/Facts'
import { Loading } from '../../ui/Loading'
import { Trouble } from '../../ui/Trouble'
import { View } from '../../ui/View'
import { Time } from '../../ui/time'
import { NotFound } from '../Frame'
import { oneOf } from '../address'
import { useList } from '../list'
import { AdminOnly } from './AdminOnly'
import { Secret } from './Secret'
import { WebhookForm } from './WebhookForm'
import { HEALTH } from './WebhooksPage'
import { type Delivery, type Webhook, deliveriesQuery, webhookQuery } from './queries'

const route = getRouteApi('/operations/webhooks/$id')

export function WebhookPage() {
  return (
    <AdminOnly title="Webhook">
      <Fetched />
    </AdminOnly>
  )
}

function Fetched() {
  const { id } = route.useParams()
  const webhook = useQuery(webhookQuery(id))
  if (webhook.error instanceof Problem && [400, 404].includes(webhook.error.status)) return <NotFound />
  if (webhook.data === undefined) {
    return webhook.error === null ? (
      <Loading what="the webhook" />
    ) : (
      <Trouble error={webhook.error} retry={() => void webhook.refetch()} />
    )
  }
  return <Whole row={webhook.data.row} tag={webhook.data.tag} />
}

function Whole({ row, tag }: { row: Webhook; tag: string }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [asked, setAsked] = useState<'change' | 'rotate' | 'remove' | null>(null)
  const [secret, setSecret] = useState<Schemas['WebhookWithSecret'] | null>(null)
  const path = { path: { id: row.id } }
  const fresh = (): Promise<void> => queries.invalidateQueries({ queryKey: ['webhooks'] })
  const test = useMutation({
    mutationFn: () => got(api.POST('/api/webhooks/{id}/test', { params: path })),
    onSuccess: fresh,
  })
  const rotate = useMutation({
    mutationFn: () => got(api.POST('/api/webhooks/{id}/rotate-secret', { params: path })),
    onSuccess: async (made) => {
      setAsked(null)
      setSecret(made)
      await fresh()
    },
  })
  const remove = useMutation({
    mutationFn: () => {
      return got(api.DELETE('/api/webhooks/{id}', { params: { ...path, header: { 'If-Match': tag } } }))
    },
    onSuccess: async () => {
      await navigate({ to: '/operations/webhooks' })
      await fresh()
    },
  })
  return (
    <View
      title={row.name}
      above={<Link to="/operations/webhooks">Webhooks</Link>}
      actions={
        <>
          <button type="button" disabled={test.isPending} onClick={() => test.mutate()}>
            Send a test
          </button>
          <button type="button" onClick={() => setAsked('change')}>
            Change
          </button>
          <button type="button" onClick={() => setAsked('rotate')}>
            New secret
          </button>
          <button type="button" className="danger" onClick={() => setAsked('remove')}>
            Remove
          </button>
        </>
      }
    >
      <p role="status">{test.isSuccess && 'The test is on its way: see the deliveries.'}</p>
      <Trouble error={test.error} />
      <section className="card" aria-labelledby="facts">
        <h2 id="facts">Facts</h2>
        <Facts
          facts={[
            [
              'State',
              <Badge key="state" tone={HEALTH[row.health]}>
                {plain(row.health)}
              </Badge>,
            ],
            ...(row.disabled_reason === null ? [] : ([['Why', row.disabled_reason]] as [string, string][])),
            ['Address', row.url],
            ['Told of', row.events.join(', ')],
            ['Delivered', String(row.success_count)],
            ['Failed attempts', String(row.failure_count)],
            ['Failing since', <Time key="since" at={row.failing_since} />],
            ['Own headers', Object.keys(row.headers).join(', ') || 'None'],
          ]}
        />
      </section>
      <Deliveries id={row.id} />
      {asked === 'change' && <WebhookForm webhook={{ row, tag }} onClose={() => setAsked(null)} />}
      {asked === 'rotate' && (
        <Confirm
          title="Make a new secret?"
          action="Make a new secret"
          busy={rotate.isPending}
          error={rotate.error}
          onConfirm={() => rotate.mutate()}
          onClose={() => setAsked(null)}
        >
          <p>The present secret signs as well for a while, so that the receiver can change over in its own time.</p>
        </Confirm>
      )}
      {asked === 'remove' && (
        <Confirm
          title="Remove the webhook?"
          action="Remove the webhook"
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate()}
          onClose={() => setAsked(null)}
        >
          <p>“{row.name}” is told of nothing any longer. The list of its deliveries goes with it.</p>
        </Confirm>
      )}
      {secret !== null && (
        <Secret
          title={`The new secret of ${row.name}`}
          label="Secret"
          value={secret.secret}
          onClose={() => setSecret(null)}
        />
      )}
    </View>
  )
}

const STATES = ['pending', 'delivered', 'dead'] as const
const TONES: Record<Delivery['state'], Tone> = { pending: 'plain', delivered: 'good', dead: 'bad' }

function Deliveries({ id }: { id: string }) {
  const [state, setState] = useState<Delivery['state'] | undefined>(undefined)
  const list = useList(deliveriesQuery(id, state))
  const queries = useQueryClient()
  const replay = useMutation({
    mutationFn: (delivery: string) => {
      const params = { path: { id, delivery_id: delivery } }
      return got(api.POST('/api/webhooks/{id}/deliveries/{delivery_id}/replay', { params }))
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['webhooks', id] }),
  })
  const columns = [
    column<Delivery>('event', 'Event', (row) => row.event, 'show'),
    column<Delivery>('state', 'State', (row) => <Badge tone={TONES[row.state]}>{plain(row.state)}</Badge>, 'show'),
    column<Delivery>('at', 'Happened', (row) => <Time at={row.created_at} />),
    column<Delivery>('attempts', 'Attempts', (row) => row.attempts),
    column<Delivery>('status', 'Last answer', (row) =>
      row.last_status === null ? (row.last_error ?? '–') : String(row.last_status),
    ),
    column<Delivery>(
      'do',
      'Actions',
      (row) =>
        row.state === 'pending' ? (
          '–'
        ) : (
          <button
            type="button"
            className="small"
            aria-label={`Deliver again: ${row.event}`}
            disabled={replay.isPending}
            onClick={() => replay.mutate(row.id)}
          >
            Deliver again
          </button>
        ),
      'show',
    ),
  ]
  return (
    <section aria-labelledby="deliveries">
      <div className="row wide">
        <h2 id="deliveries">Deliveries</h2>
        <label>
          <span className="hidden">State of the deliveries</span>
          <select value={state ?? ''} onChange={(event) => setState(oneOf(STATES, event.target.value))}>
            <option value="">All</option>
            {STATES.map((one) => (
              <option key={one} value={one}>
                {plain(one)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Trouble error={replay.error} />
      <DataTable
        label="Deliveries"
        columns={columns}
        list={list}
        id={(row) => row.id}
        empty={<p>Nothing was delivered yet.</p>}
      />
    </section>
  )
}
