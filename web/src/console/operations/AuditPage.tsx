/** Who changed what. */

import { getRouteApi, useNavigate } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { DataTable, column } from '../../ui/DataTable'
import { Field } from '../../ui/Field'
import { View } from '../../ui/View'
import { Time } from '../../ui/time'
import { set, text } from '../address'
import { useList } from '../list'
import { AdminOnly } from './AdminOnly'
import { OperationsTabs } from './OperationsTabs'
import { type Entry, auditQuery } from './queries'

const route = getRouteApi('/operations/audit')

export function AuditPage() {
  return (
    <AdminOnly title="Audit trail">
      <Audit />
    </AdminOnly>
  )
}

/** What is personal stays sealed. */
function said(payload: Record<string, unknown>): string {
  if ('enc' in payload) return 'Sealed: it is about a respondent'
  return Object.entries(payload)
    .map(
      ([name, value]) => `${name.replaceAll('_', ' ')}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    .join(', ')
}

function Audit() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const list = useList(auditQuery(search))
  const columns = [
    column<Entry>('at', 'When', (row) => <Time at={row.created_at} />, 'show'),
    column<Entry>('actor', 'Who', (row) => row.actor, 'show'),
    column<Entry>('what', 'What', (row) => row.event_type, 'show'),
    column<Entry>('id', 'Of which', (row) => <code>{row.entity_id}</code>),
    column<Entry>('details', 'Details', (row) => said(row.payload)),
  ]
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const next = set({ entity: text(form.get('entity')), id: text(form.get('id')), actor: text(form.get('actor')) })
    void navigate({ to: '/operations/audit', search: next, resetScroll: false })
  }
  return (
    <View title="Audit trail" lead="Every change, and who made it. What was said in calls is no part of it.">
      <OperationsTabs />
      <form
        className="filters"
        role="search"
        aria-label="Filter the audit trail"
        key={JSON.stringify(search)}
        onSubmit={submit}
      >
        <Field label="What it is about">
          {(control) => (
            <input {...control} name="entity" defaultValue={search.entity} placeholder="call_guide, user, …" />
          )}
        </Field>
        <Field label="Its id">{(control) => <input {...control} name="id" defaultValue={search.id} />}</Field>
        <Field label="Who">
          {(control) => (
            <input {...control} name="actor" defaultValue={search.actor} placeholder="local, user:…, key:…" />
          )}
        </Field>
        <div className="row">
          <button type="submit">Apply</button>
        </div>
      </form>
      <DataTable
        label="Audit trail"
        columns={columns}
        list={list}
        id={(row) => row.id}
        empty={<p>No change fits these filters.</p>}
      />
    </View>
  )
}
