/** Where other systems are told what happens. */

import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Schemas } from '../../engine/client'
import { Badge, type Tone, plain } from '../../ui/Badge'
import { DataTable, column } from '../../ui/DataTable'
import { View } from '../../ui/View'
import { Time } from '../../ui/time'
import { useList } from '../list'
import { AdminOnly } from './AdminOnly'
import { OperationsTabs } from './OperationsTabs'
import { Secret } from './Secret'
import { WebhookForm } from './WebhookForm'
import { type Webhook, webhooksQuery } from './queries'

export const HEALTH: Record<Webhook['health'], Tone> = { healthy: 'good', failing: 'bad', disabled: 'plain' }

export function WebhooksPage() {
  return (
    <AdminOnly title="Webhooks">
      <Webhooks />
    </AdminOnly>
  )
}

function Webhooks() {
  const list = useList(webhooksQuery)
  const navigate = useNavigate()
  const [making, setMaking] = useState(false)
  const [made, setMade] = useState<Schemas['WebhookWithSecret'] | null>(null)
  const columns = [
    column<Webhook>(
      'name',
      'Name',
      (row) => (
        <Link to="/operations/webhooks/$id" params={{ id: row.id }}>
          {row.name}
        </Link>
      ),
      'show',
    ),
    column<Webhook>('url', 'Address', (row) => row.url),
    column<Webhook>('health', 'State', (row) => <Badge tone={HEALTH[row.health]}>{plain(row.health)}</Badge>, 'show'),
    column<Webhook>('delivered', 'Delivered', (row) => row.success_count),
    column<Webhook>('failed', 'Failed attempts', (row) => row.failure_count),
    column<Webhook>('last', 'Last told', (row) => <Time at={row.last_triggered_at} none="Never" />),
  ]
  return (
    <View
      title="Webhooks"
      actions={
        <button type="button" className="main" onClick={() => setMaking(true)}>
          Make a webhook
        </button>
      }
    >
      <OperationsTabs />
      <DataTable
        label="Webhooks"
        columns={columns}
        list={list}
        id={(row) => row.id}
        empty={<p>There are no webhooks. One tells another system when an interview ends, or an alert is raised.</p>}
      />
      {making && (
        <WebhookForm
          onClose={() => setMaking(false)}
          onMade={(webhook) => {
            setMaking(false)
            setMade(webhook)
          }}
        />
      )}
      {made !== null && (
        <Secret
          title={`The secret of ${made.name}`}
          label="Secret"
          value={made.secret}
          onClose={() => {
            setMade(null)
            void navigate({ to: '/operations/webhooks/$id', params: { id: made.id } })
          }}
        />
      )}
    </View>
  )
}
