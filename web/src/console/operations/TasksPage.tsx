/** Background tasks: how they are, cancelling, and another chance for those that failed. */

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, getRouteApi, useNavigate } from '@tanstack/react-router'
import { type Schemas, api, got } from '../../engine/client'
import { Badge, type Tone, plain } from '../../ui/Badge'
import { DataTable, column } from '../../ui/DataTable'
import { Field } from '../../ui/Field'
import { Trouble } from '../../ui/Trouble'
import { View } from '../../ui/View'
import { Time, percent } from '../../ui/time'
import { oneOf, set } from '../address'
import { listOf, useList } from '../list'
import { includes, useMe } from '../session/session'
import { OperationsTabs } from './OperationsTabs'

const route = getRouteApi('/operations/tasks')
type Task = Schemas['Task']
const STATES = ['queued', 'running', 'completed', 'failed', 'cancelled'] as const
const TONES: Record<Task['state'], Tone> = {
  queued: 'plain',
  running: 'live',
  completed: 'good',
  failed: 'bad',
  cancelled: 'plain',
}

function tasksQuery(state: Task['state'] | undefined) {
  const page = (cursor: string | undefined, signal: AbortSignal) => {
    const query = set({ state, limit: 50, cursor })
    return got(api.GET('/api/tasks/', { params: { query }, signal }))
  }
  return listOf(['tasks', 'list', state ?? null], page, 10_000)
}

export function TasksPage() {
  const { state } = route.useSearch()
  const navigate = useNavigate()
  const list = useList<Task>(tasksQuery(state))
  const { role } = useMe()
  const queries = useQueryClient()
  const fresh = (): Promise<void> => queries.invalidateQueries({ queryKey: ['tasks'] })
  const path = (task: Task) => ({ params: { path: { task_id: task.id } } })
  const cancel = useMutation({
    mutationFn: (task: Task) => got(api.DELETE('/api/tasks/{task_id}', path(task))),
    onSettled: fresh,
  })
  const retry = useMutation({
    mutationFn: (task: Task) => got(api.POST('/api/tasks/{task_id}/retry', path(task))),
    onSettled: fresh,
  })
  // Webhooks are an admin's, and so is giving up what they are told.
  const may = (task: Task): boolean => includes(role, task.kind === 'send_webhook' ? 'admin' : 'researcher')
  const columns = [
    column<Task>('kind', 'Task', (row) => plain(row.kind), 'show'),
    column<Task>(
      'state',
      'State',
      (row) => (
        <>
          <Badge tone={TONES[row.state]}>{row.cancel_requested ? 'Stopping' : plain(row.state)}</Badge>
          {row.state === 'running' && ` ${percent(row.progress)}`}
        </>
      ),
      'show',
    ),
    column<Task>('attempts', 'Attempts', (row) => `${row.attempts} of ${row.max_attempts}`),
    column<Task>('at', 'Made', (row) => <Time at={row.created_at} />),
    column<Task>('about', 'About', (row) =>
      row.interview_id === null ? (
        '–'
      ) : (
        <Link to="/interviews/$id" params={{ id: row.interview_id }}>
          Interview
        </Link>
      ),
    ),
    column<Task>('error', 'Why it failed', (row) => row.error ?? '–'),
    column<Task>(
      'do',
      'Actions',
      (row) => {
        if (!may(row)) return '–'
        const name = plain(row.kind).toLowerCase()
        const over = row.state === 'failed' || row.state === 'cancelled'
        if (over) {
          return (
            <button
              type="button"
              className="small"
              aria-label={`Try again: ${name}`}
              disabled={retry.isPending}
              onClick={() => retry.mutate(row)}
            >
              Try again
            </button>
          )
        }
        if (row.state === 'completed' || row.cancel_requested) return '–'
        return (
          <button
            type="button"
            className="small quiet"
            aria-label={`Cancel: ${name}`}
            disabled={cancel.isPending}
            onClick={() => cancel.mutate(row)}
          >
            Cancel
          </button>
        )
      },
      'show',
    ),
  ]
  return (
    <View title="Background tasks" lead="Reports, exports, appointments and webhooks are worked on in the background.">
      <OperationsTabs />
      <div className="filters">
        <Field label="State">
          {(control) => (
            <select
              {...control}
              value={state ?? ''}
              onChange={(event) => {
                const next = set({ state: oneOf(STATES, event.target.value) })
                void navigate({ to: '/operations/tasks', search: next, resetScroll: false })
              }}
            >
              <option value="">Any</option>
              {STATES.map((one) => (
                <option key={one} value={one}>
                  {plain(one)}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <Trouble error={cancel.error ?? retry.error} />
      <DataTable
        label="Background tasks"
        columns={columns}
        list={list}
        id={(row) => row.id}
        empty={<p>{state === undefined ? 'There are no tasks.' : `No task is ${state}.`}</p>}
      />
    </View>
  )
}
