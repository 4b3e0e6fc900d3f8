/** All studies: the guides, the one changed last first. */

import { Link, getRouteApi, useNavigate } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { questionsOf } from '../../engine/api'
import { DataTable, column } from '../../ui/DataTable'
import { Field } from '../../ui/Field'
import { View } from '../../ui/View'
import { Time } from '../../ui/time'
import { set, text } from '../address'
import { useList } from '../list'
import { useMay } from '../session/session'
import { type Guide, guidesQuery } from './queries'

const route = getRouteApi('/studies')

export function GuidesPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const may = useMay('researcher')
  const list = useList(guidesQuery(search))
  const columns = [
    column<Guide>(
      'name',
      'Study',
      (row) => (
        <Link to="/studies/$id" params={{ id: row.id }}>
          {row.name}
        </Link>
      ),
      'show',
    ),
    column<Guide>('objective', 'Objective', (row) => row.research_objective),
    column<Guide>('questions', 'Questions', (row) => questionsOf(row), 'show'),
    column<Guide>('minutes', 'Minutes', (row) => row.estimated_duration_minutes),
    column<Guide>('version', 'Version', (row) => row.version),
    column<Guide>('changed', 'Changed', (row) => <Time at={row.updated_at} />),
    column<Guide>('go', 'Go to', (row) => (
      <span className="row">
        <Link to="/interviews" search={{ guide: row.id }} aria-label={`Interviews of ${row.name}`}>
          Interviews
        </Link>
        {may && (
          <Link to="/invite" search={{ guide: row.id }} aria-label={`Invite to ${row.name}`}>
            Invite
          </Link>
        )}
      </span>
    )),
  ]
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const next = set({ name: text(form.get('name')), tag: text(form.get('tag')) })
    void navigate({ to: '/studies', search: next, resetScroll: false })
  }
  const filtered = Object.keys(search).length > 0
  return (
    <View
      title="Studies"
      actions={
        may && (
          <Link to="/studies/new" className="button main">
            New study
          </Link>
        )
      }
    >
      <form
        className="filters"
        role="search"
        aria-label="Filter the studies"
        key={JSON.stringify(search)}
        onSubmit={submit}
      >
        <Field label="Name">
          {(control) => <input {...control} name="name" type="search" defaultValue={search.name} />}
        </Field>
        <Field label="Tag">{(control) => <input {...control} name="tag" defaultValue={search.tag} />}</Field>
        <div className="row">
          <button type="submit">Apply</button>
        </div>
      </form>
      <DataTable
        label="Studies"
        columns={columns}
        list={list}
        id={(row) => row.id}
        empty={
          filtered ? (
            <p>
              No study fits. <Link to="/studies">Show all studies</Link>
            </p>
          ) : (
            <>
              <p>There is no study yet. A study is a call guide: what the interviewer asks, and how it follows up.</p>
              {may && (
                <p>
                  <Link to="/studies/new">Write the first one, or begin with a template</Link>
                </p>
              )}
            </>
          )
        }
      />
    </View>
  )
}
