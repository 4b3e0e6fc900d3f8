/** The versions of a study, and what was changed between two of them. */

import { useQuery } from '@tanstack/react-query'
import { Link, getRouteApi, useNavigate } from '@tanstack/react-router'
import { plain } from '../../ui/Badge'
import { DataTable, column } from '../../ui/DataTable'
import { Loading } from '../../ui/Loading'
import { Trouble } from '../../ui/Trouble'
import { View } from '../../ui/View'
import { Time } from '../../ui/time'
import type { Schemas } from '../../engine/client'
import { useList } from '../list'
import { type GuideChange, differenceQuery, guideQuery, versionsQuery } from './queries'

const route = getRouteApi('/studies/$id/versions')
type Version = Schemas['GuideVersion']

export function VersionsPage() {
  const { id } = route.useParams()
  const search = route.useSearch()
  const navigate = useNavigate()
  const guide = useQuery(guideQuery(id))
  const list = useList(versionsQuery(id))
  const newest = list.rows[0]?.version ?? 1
  const to = Number(search.to ?? newest)
  const from = Number(search.from ?? Math.max(1, to - 1))
  const numbers = list.rows.map((row) => row.version)
  const choose = (next: { from?: number; to?: number }): void => {
    const chosen = { from: String(next.from ?? from), to: String(next.to ?? to) }
    void navigate({ to: '/studies/$id/versions', params: { id }, search: chosen, replace: true, resetScroll: false })
  }
  const columns = [
    column<Version>('version', 'Version', (row) => row.version, 'show'),
    column<Version>('at', 'Saved', (row) => <Time at={row.created_at} />, 'show'),
    column<Version>('interviews', 'Interviews', (row) => row.interviews, 'show'),
    column<Version>('download', 'Download', (row) => (
      <a href={`/api/call-guides/${id}/export?format=yaml&version=${row.version}`} download>
        Version {row.version} as YAML
      </a>
    )),
  ]
  return (
    <View
      title="Versions"
      above={
        <Link to="/studies/$id" params={{ id }}>
          {guide.data?.row.name ?? 'The study'}
        </Link>
      }
      lead="A version that an interview has used never changes. An edit after that makes a new one."
    >
      <DataTable
        label="Versions"
        columns={columns}
        list={list}
        id={(row) => row.id}
        empty={<p>There are no versions.</p>}
      />
      {numbers.length > 0 && (
        <section className="compare" aria-labelledby="compare">
          <h2 id="compare">What was changed</h2>
          <div className="row">
            {(['from', 'to'] as const).map((end) => (
              <label key={end}>
                {plain(end)} version
                <select
                  value={end === 'from' ? from : to}
                  onChange={(event) => choose({ [end]: Number(event.target.value) })}
                >
                  {numbers.map((number) => (
                    <option key={number} value={number}>
                      {number}
                    </option>
                  ))}
                </select>
              </label>
            ))}
          </div>
          <Changes id={id} from={from} to={to} />
        </section>
      )}
    </View>
  )
}

function Changes({ id, from, to }: { id: string; from: number; to: number }) {
  const difference = useQuery(differenceQuery(id, from, to))
  if (difference.data === undefined) {
    return difference.error === null ? <Loading what="the changes" /> : <Trouble error={difference.error} />
  }
  const { changes } = difference.data
  if (changes.length === 0) return <p className="empty">Nothing differs between these versions.</p>
  return (
    <ul className="list">
      {changes.map((change, index) => (
        <li key={index}>
          <strong>{plain(change.change)}</strong>: {change.element} {change.ids.join(' › ')}
          {change.field !== undefined && change.field !== null && <> ({change.field.replaceAll('_', ' ')})</>}
          <Values change={change} />
        </li>
      ))}
    </ul>
  )
}

/** Values are texts or small objects. */
function said(value: unknown): string {
  if (typeof value === 'string') return value
  const text = (value as { text?: unknown } | null)?.text
  return typeof text === 'string' ? text : JSON.stringify(value)
}

function Values({ change }: { change: GuideChange }) {
  return (
    <>
      {change.old !== undefined && (
        <p className="soft">
          <del>{said(change.old)}</del>
        </p>
      )}
      {change.new !== undefined && (
        <p>
          <ins>{said(change.new)}</ins>
        </p>
      )}
    </>
  )
}
