/** All interviews, newest first, with filters that stand in the address. */

import { useQuery } from '@tanstack/react-query'
import { Link, getRouteApi } from '@tanstack/react-router'
import { Badge, plain } from '../../ui/Badge'
import { DataTable, column } from '../../ui/DataTable'
import { View } from '../../ui/View'
import { Time, duration } from '../../ui/time'
import { allGuidesQuery } from '../guides/queries'
import { useList } from '../list'
import { Filters } from './Filters'
import { respondent, tone } from './names'
import { type Interview, interviewsQuery } from './queries'

const route = getRouteApi('/interviews')

export function InterviewsPage() {
  const search = route.useSearch()
  const list = useList(interviewsQuery(search))
  const guides = useQuery(allGuidesQuery)
  const names = new Map(guides.data?.map((guide) => [guide.id, guide.name]))
  const columns = [
    column<Interview>(
      'respondent',
      'Respondent',
      (row) => (
        <Link to="/interviews/$id" params={{ id: row.id }}>
          {respondent(row)}
        </Link>
      ),
      'show',
    ),
    column<Interview>(
      'status',
      'Status',
      (row) => (
        <>
          <Badge tone={tone(row.status)}>{plain(row.status)}</Badge>{' '}
          {row.requires_human_review && <Badge tone="warn">Review</Badge>}
        </>
      ),
      'show',
    ),
    column<Interview>('study', 'Study', (row) => names.get(row.call_guide_id) ?? '–'),
    column<Interview>('at', 'Held or appointed', (row) => <Time at={row.started_at ?? row.scheduled_at} />, 'show'),
    column<Interview>('length', 'Length', (row) =>
      row.duration_seconds === null ? '–' : duration(row.duration_seconds),
    ),
    column<Interview>('tags', 'Tags', (row) => row.tags.join(', ') || '–'),
  ]
  const filtered = Object.keys(search).some((name) => name !== 'sort')
  return (
    <View
      title="Interviews"
      actions={
        <Link to="/invite" className="button main">
          Invite somebody
        </Link>
      }
    >
      <Filters key={JSON.stringify(search)} search={search} guides={guides.data ?? []} />
      <DataTable
        label="Interviews"
        columns={columns}
        list={list}
        id={(row) => row.id}
        empty={
          filtered ? (
            <>
              <p>No interview fits these filters.</p>
              <p>
                <Link to="/interviews">Show all interviews</Link>
              </p>
            </>
          ) : (
            <>
              <p>There are no interviews yet.</p>
              <p>
                <Link to="/invite">Invite the first respondent</Link>
              </p>
            </>
          )
        }
      />
    </View>
  )
}
