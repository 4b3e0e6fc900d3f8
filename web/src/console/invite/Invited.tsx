/** Who was invited to a study and has not been interviewed yet. */

import { Link } from '@tanstack/react-router'
import { Badge, plain } from '../../ui/Badge'
import { DataTable, column } from '../../ui/DataTable'
import { Time } from '../../ui/time'
import { respondent, tone } from '../interviews/names'
import { type Interview, interviewsQuery } from '../interviews/queries'
import { useList } from '../list'

export function Invited({ guide }: { guide: string }) {
  const list = useList(interviewsQuery({ guide, status: 'scheduled' }))
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
    column<Interview>('status', 'Status', (row) => <Badge tone={tone(row.status)}>{plain(row.status)}</Badge>),
    column<Interview>('at', 'Appointment', (row) => <Time at={row.scheduled_at} />, 'show'),
    column<Interview>('until', 'Can join until', (row) => <Time at={row.no_show_at} />),
  ]
  return (
    <section aria-labelledby="invited">
      <h2 id="invited">Invited, and not held yet</h2>
      <p className="soft">A link is told once. Open an interview to make a new link, or to cancel it.</p>
      <DataTable
        label="Invitations"
        columns={columns}
        list={list}
        id={(row) => row.id}
        empty={<p>Nobody waits for an interview of this study.</p>}
      />
    </section>
  )
}
