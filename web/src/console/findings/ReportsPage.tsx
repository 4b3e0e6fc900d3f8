/** Reports that were made, and having one made. */

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, getRouteApi, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useEffect, useState } from 'react'
import { type Schemas, api, got } from '../../engine/client'
import { DataTable, column } from '../../ui/DataTable'
import { Field } from '../../ui/Field'
import { Trouble, faultAt } from '../../ui/Trouble'
import { View } from '../../ui/View'
import { Time, percent } from '../../ui/time'
import { set, text } from '../address'
import { type Guide, allGuidesQuery } from '../guides/queries'
import { useList } from '../list'
import { useMay } from '../session/session'
import { FindingsTabs } from './FindingsTabs'
import { type Report, reportsQuery, taskQuery } from './queries'

const route = getRouteApi('/findings/reports')

export function ReportsPage() {
  const { guide } = route.useSearch()
  const guides = useQuery(allGuidesQuery)
  const may = useMay('researcher')
  const list = useList(reportsQuery(guide))
  const names = new Map(guides.data?.map((one) => [one.id, one.name]))
  const columns = [
    column<Report>(
      'about',
      'About',
      (row) => (
        <Link to="/findings/reports/$id" params={{ id: row.id }}>
          {row.interview_id === null ? `${row.interview_ids.length} interviews` : 'One interview'}
        </Link>
      ),
      'show',
    ),
    column<Report>('study', 'Study', (row) =>
      row.call_guide_id === null ? '–' : (names.get(row.call_guide_id) ?? '–'),
    ),
    column<Report>('made', 'Made', (row) => <Time at={row.generated_at} />, 'show'),
    column<Report>('quality', 'Data quality', (row) =>
      row.data_quality_score === null ? '–' : percent(row.data_quality_score),
    ),
    column<Report>('findings', 'Findings', (row) => row.key_findings.length),
  ]
  return (
    <View title="Reports">
      <FindingsTabs />
      {may && guides.data !== undefined && guides.data.length > 0 && <Make guides={guides.data} chosen={guide} />}
      <DataTable
        label="Reports"
        columns={columns}
        list={list}
        id={(row) => row.id}
        empty={
          <p>
            There are no reports yet. One is made of each interview that is completed, and across interviews on request.
          </p>
        }
      />
    </View>
  )
}

type Wanted = Schemas['GenerateInsights']

function Make({ guides, chosen }: { guides: Guide[]; chosen: string | undefined }) {
  const [task, setTask] = useState<string | null>(null)
  const make = useMutation({
    mutationFn: (body: Wanted) => got(api.POST('/api/analytics/insights/generate', { body })),
    onSuccess: (queued) => setTask(queued.task_id),
  })
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const midnight = (name: string, later: number): string | undefined => {
      const day = text(form.get(name))
      if (day === undefined) return undefined
      const time = new Date(`${day}T00:00:00`)
      time.setDate(time.getDate() + later)
      return time.toISOString()
    }
    setTask(null)
    make.mutate(set({ call_guide_id: text(form.get('guide')), from: midnight('from', 0), to: midnight('to', 1) }))
  }
  return (
    <form className="card" aria-label="Make a report" onSubmit={submit}>
      <h2>A report across interviews</h2>
      <div className="filters">
        <Field label="Study" fault={faultAt(make.error, '/call_guide_id')}>
          {(control) => (
            <select {...control} name="guide" defaultValue={chosen ?? guides[0]?.id}>
              {guides.map((guide) => (
                <option key={guide.id} value={guide.id}>
                  {guide.name}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Ended from" fault={faultAt(make.error, '/from')}>
          {(control) => <input {...control} name="from" type="date" />}
        </Field>
        <Field label="Ended to" fault={faultAt(make.error, '/to')}>
          {(control) => <input {...control} name="to" type="date" />}
        </Field>
        <div className="row">
          <button type="submit" className="main" disabled={make.isPending}>
            Make the report
          </button>
        </div>
      </div>
      <Trouble error={make.error} shown={['/call_guide_id', '/from', '/to']} />
      {task !== null && <Making key={task} task={task} />}
    </form>
  )
}

/** The report is made in the background, and opened when it is there. */
function Making({ task: id }: { task: string }) {
  const task = useQuery(taskQuery(id))
  const queries = useQueryClient()
  const navigate = useNavigate()
  const state = task.data?.state
  const made = (task.data?.result as { insight_id?: string } | null | undefined)?.insight_id
  useEffect(() => {
    if (state !== 'completed') return
    void queries.invalidateQueries({ queryKey: ['reports', 'list'] })
    if (made !== undefined) void navigate({ to: '/findings/reports/$id', params: { id: made } })
  }, [state, made, queries, navigate])
  return (
    <>
      <p role="status">
        {state === 'completed' && made === undefined && 'The report is made. It is in the list.'}
        {(state === undefined || state === 'queued') && 'The report waits for its turn…'}
        {state === 'running' && `The report is being made: ${percent(task.data?.progress ?? 0)}`}
        {state === 'cancelled' && 'It was cancelled.'}
      </p>
      {state === 'failed' && <Trouble error={new Error(task.data?.error ?? 'The report could not be made.')} />}
      <Trouble error={task.error} />
    </>
  )
}
