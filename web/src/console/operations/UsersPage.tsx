/** People who sign in, and what they may do. */

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
import { useMe } from '../session/session'
import { AdminOnly } from './AdminOnly'
import { OperationsTabs } from './OperationsTabs'
import { ROLES, RoleField } from './RoleField'
import { type User, usersQuery } from './queries'

export function UsersPage() {
  return (
    <AdminOnly title="Users">
      <Users />
    </AdminOnly>
  )
}

function Users() {
  const me = useMe()
  const list = useList(usersQuery)
  const [editing, setEditing] = useState<User | 'new' | null>(null)
  const [removing, setRemoving] = useState<User | null>(null)
  const queries = useQueryClient()
  const remove = useMutation({
    mutationFn: (id: string) => got(api.DELETE('/api/users/{id}', { params: { path: { id } } })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['users'] })
      setRemoving(null)
    },
  })
  const columns = [
    column<User>('name', 'Name', (row) => row.name, 'show'),
    column<User>('email', 'E-mail', (row) => row.email),
    column<User>('role', 'Role', (row) => plain(row.role), 'show'),
    column<User>('state', 'State', (row) => (
      <Badge tone={row.is_active ? 'good' : 'warn'}>{row.is_active ? 'Active' : 'Locked'}</Badge>
    )),
    column<User>('last', 'Last signed in', (row) => <Time at={row.last_login_at} none="Never" />),
    column<User>(
      'do',
      'Actions',
      (row) => (
        <span className="row">
          <button type="button" className="small" aria-label={`Change ${row.name}`} onClick={() => setEditing(row)}>
            Change
          </button>
          {row.id !== me.user?.id && (
            <button
              type="button"
              className="small danger"
              aria-label={`Remove ${row.name}`}
              onClick={() => setRemoving(row)}
            >
              Remove
            </button>
          )}
        </span>
      ),
      'show',
    ),
  ]
  return (
    <View
      title="Users"
      actions={
        <button type="button" className="main" onClick={() => setEditing('new')}>
          Add a user
        </button>
      }
    >
      <OperationsTabs />
      <DataTable
        label="Users"
        columns={columns}
        list={list}
        id={(row) => row.id}
        empty={<p>There are no users. Nobody has to sign in at the engine’s own machine.</p>}
      />
      {editing === 'new' && <AddUser onClose={() => setEditing(null)} />}
      {editing !== null && editing !== 'new' && <ChangeUser user={editing} onClose={() => setEditing(null)} />}
      {removing !== null && (
        <Confirm
          title="Remove the user?"
          action="Remove the user"
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(removing.id)}
          onClose={() => setRemoving(null)}
        >
          <p>{removing.name} is signed out and cannot sign in again. What they did stays in the audit trail.</p>
        </Confirm>
      )}
    </View>
  )
}

const POINTERS = ['/email', '/name', '/role', '/password']

function AddUser({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient()
  const add = useMutation({
    mutationFn: (body: Schemas['CreateUser']) => got(api.POST('/api/users/', { body })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['users'] })
      onClose()
    },
  })
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    add.mutate({
      email: String(form.get('email')),
      role: oneOf(ROLES, form.get('role')) ?? 'viewer',
      ...set({ name: text(form.get('name')), password: text(form.get('password')) }),
    })
  }
  return (
    <Dialog title="Add a user" onClose={onClose}>
      <form onSubmit={submit}>
        <Field label="E-mail" fault={faultAt(add.error, '/email')}>
          {(control) => <input {...control} name="email" type="email" required maxLength={254} autoComplete="off" />}
        </Field>
        <Field label="Name" hint="The address, if empty." fault={faultAt(add.error, '/name')}>
          {(control) => <input {...control} name="name" maxLength={254} autoComplete="off" />}
        </Field>
        <RoleField fault={faultAt(add.error, '/role')} />
        <Field
          label="Password"
          hint="12 characters or more. Leave it empty for somebody who signs in with your OpenID provider."
          fault={faultAt(add.error, '/password')}
        >
          {(control) => (
            <input
              {...control}
              name="password"
              type="password"
              minLength={12}
              maxLength={256}
              autoComplete="new-password"
            />
          )}
        </Field>
        <Trouble error={add.error} shown={POINTERS} />
        <div className="actions">
          <button type="submit" className="main" disabled={add.isPending}>
            Add the user
          </button>
          <button type="button" className="quiet" onClick={onClose}>
            Close
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function ChangeUser({ user, onClose }: { user: User; onClose: () => void }) {
  const queries = useQueryClient()
  const change = useMutation({
    mutationFn: (body: Schemas['ChangeUser']) => {
      return got(api.PATCH('/api/users/{id}', { params: { path: { id: user.id } }, body }))
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['users'] })
      onClose()
    },
  })
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    change.mutate(
      set({
        name: text(form.get('name')),
        role: oneOf(ROLES, form.get('role')),
        is_active: form.get('active') !== null,
        password: text(form.get('password')),
      }),
    )
  }
  return (
    <Dialog title={`Change ${user.name}`} onClose={onClose}>
      <form onSubmit={submit}>
        <Field label="Name" fault={faultAt(change.error, '/name')}>
          {(control) => (
            <input {...control} name="name" required maxLength={254} defaultValue={user.name} autoComplete="off" />
          )}
        </Field>
        <RoleField value={user.role} fault={faultAt(change.error, '/role')} />
        <Field
          label="New password"
          hint="Stays as it is, if empty. Another one ends the user’s sessions."
          fault={faultAt(change.error, '/password')}
        >
          {(control) => (
            <input
              {...control}
              name="password"
              type="password"
              minLength={12}
              maxLength={256}
              autoComplete="new-password"
            />
          )}
        </Field>
        <label className="check">
          <input type="checkbox" name="active" defaultChecked={user.is_active} /> May sign in
        </label>
        <Trouble error={change.error} shown={POINTERS} />
        <div className="actions">
          <button type="submit" className="main" disabled={change.isPending}>
            Save the user
          </button>
          <button type="button" className="quiet" onClick={onClose}>
            Close
          </button>
        </div>
      </form>
    </Dialog>
  )
}
