/** API keys: for programs, and for working from elsewhere. */

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { type Schemas, api, got } from '../../engine/client'
import { Badge, plain } from '../../ui/Badge'
import { Confirm } from '../../ui/Confirm'
import { DataTable, column } from '../../ui/DataTable'
import { Dialog } from '../../ui/Dialog'
import { Field } from '../../ui/Field'
import { Trouble, faultAt } from '../../ui/Trouble'
import { View } from '../../ui/View'
import { Time } from '../../ui/time'
import { oneOf, set, text } from '../address'
import { useList } from '../list'
import { AdminOnly } from './AdminOnly'
import { OperationsTabs } from './OperationsTabs'
import { ROLES, RoleField } from './RoleField'
import { Secret } from './Secret'
import { type Key, keysQuery } from './queries'

export function KeysPage() {
  return (
    <AdminOnly title="Keys">
      <Keys />
    </AdminOnly>
  )
}

function state(key: Key): ['good' | 'plain', string] {
  if (key.revoked_at !== null) return ['plain', 'Withdrawn']
  if (key.expires_at !== null && new Date(key.expires_at) < new Date()) return ['plain', 'Expired']
  return ['good', 'Valid']
}

function Keys() {
  const list = useList(keysQuery)
  const queries = useQueryClient()
  const [making, setMaking] = useState(false)
  const [made, setMade] = useState<Schemas['ApiKeyWithSecret'] | null>(null)
  const [withdrawing, setWithdrawing] = useState<Key | null>(null)
  const withdraw = useMutation({
    mutationFn: (id: string) => got(api.DELETE('/api/keys/{id}', { params: { path: { id } } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['keys'] })
      setWithdrawing(null)
    },
  })
  const columns = [
    column<Key>('name', 'Name', (row) => row.name, 'show'),
    column<Key>('begins', 'Begins with', (row) => <code>{row.prefix}</code>),
    column<Key>('role', 'Role', (row) => plain(row.role), 'show'),
    column<Key>('state', 'State', (row) => <Badge tone={state(row)[0]}>{state(row)[1]}</Badge>, 'show'),
    column<Key>('used', 'Last used', (row) => <Time at={row.last_used_at} none="Never" />),
    column<Key>('expires', 'Expires', (row) => <Time at={row.expires_at} none="Never" />),
    column<Key>(
      'do',
      'Actions',
      (row) =>
        state(row)[1] === 'Valid' ? (
          <button
            type="button"
            className="small danger"
            aria-label={`Withdraw ${row.name}`}
            onClick={() => setWithdrawing(row)}
          >
            Withdraw
          </button>
        ) : (
          '–'
        ),
      'show',
    ),
  ]
  return (
    <View
      title="Keys"
      actions={
        <button type="button" className="main" onClick={() => setMaking(true)}>
          Make a key
        </button>
      }
    >
      <OperationsTabs />
      <DataTable
        label="Keys"
        columns={columns}
        list={list}
        id={(row) => row.id}
        empty={<p>There are no keys. Programs that use the API from elsewhere need one.</p>}
      />
      {making && (
        <MakeKey
          onClose={() => setMaking(false)}
          onMade={(key) => {
            setMaking(false)
            setMade(key)
          }}
        />
      )}
      {made !== null && (
        <Secret title={`The key ${made.name}`} label="Key" value={made.key} onClose={() => setMade(null)} />
      )}
      {withdrawing !== null && (
        <Confirm
          title="Withdraw the key?"
          action="Withdraw the key"
          busy={withdraw.isPending}
          error={withdraw.error}
          onConfirm={() => withdraw.mutate(withdrawing.id)}
          onClose={() => setWithdrawing(null)}
        >
          <p>“{withdrawing.name}” opens nothing from then on. This cannot be undone.</p>
        </Confirm>
      )}
    </View>
  )
}

function MakeKey({ onClose, onMade }: { onClose: () => void; onMade: (key: Schemas['ApiKeyWithSecret']) => void }) {
  const queries = useQueryClient()
  const make = useMutation({
    mutationFn: (body: Schemas['CreateApiKey']) => got(api.POST('/api/keys/', { body })),
    onSuccess: (key) => {
      void queries.invalidateQueries({ queryKey: ['keys'] })
      onMade(key)
    },
  })
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const day = text(form.get('expires'))
    make.mutate({
      name: String(form.get('name')),
      role: oneOf(ROLES, form.get('role')) ?? 'viewer',
      ...set({ expires_at: day === undefined ? undefined : new Date(`${day}T00:00:00`).toISOString() }),
    })
  }
  return (
    <Dialog title="Make a key" onClose={onClose}>
      <form onSubmit={submit}>
        <Field label="What is it for?" fault={faultAt(make.error, '/name')}>
          {(control) => <input {...control} name="name" required maxLength={254} />}
        </Field>
        <RoleField fault={faultAt(make.error, '/role')} />
        <Field label="Expires" hint="Never, if empty." fault={faultAt(make.error, '/expires_at')}>
          {(control) => <input {...control} name="expires" type="date" />}
        </Field>
        <Trouble error={make.error} shown={['/name', '/role', '/expires_at']} />
        <div className="actions">
          <button type="submit" className="main" disabled={make.isPending}>
            Make the key
          </button>
          <button type="button" className="quiet" onClick={onClose}>
            Close
          </button>
        </div>
      </form>
    </Dialog>
  )
}
