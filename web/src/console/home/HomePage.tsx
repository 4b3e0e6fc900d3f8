/** The first view: what needs somebody, what is on now, and how the studies come along. */

import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Badge, plain } from '../../ui/Badge'
import { Bar } from '../../ui/Bar'
import { Loading } from '../../ui/Loading'
import { Trouble } from '../../ui/Trouble'
import { View } from '../../ui/View'
import { Time, percent } from '../../ui/time'
import { respondent } from '../interviews/names'
import { useMay } from '../session/session'
import { callsQuery, engineQuery, failingWebhooksQuery, openAlertsQuery, progressQuery, reviewQuery } from './queries'

export function HomePage() {
  const may = useMay('researcher')
  return (
    <View
      title="Home"
      actions={
        may && (
          <>
            <Link to="/studies/new" className="button">
              New study
            </Link>
            <Link to="/invite" className="button main">
              Invite somebody
            </Link>
          </>
        )
      }
    >
      <div className="cards">
        <Reviews />
        <Alerts />
        <Calls />
        <Engine />
      </div>
      <Progress />
    </View>
  )
}

function Reviews() {
  const reviews = useQuery(reviewQuery)
  const items = reviews.data?.items ?? []
  return (
    <section className="card" aria-labelledby="reviews">
      <h2 id="reviews">Interviews to review</h2>
      <Trouble error={reviews.error} retry={() => void reviews.refetch()} />
      {reviews.isPending && <Loading what="the reviews" />}
      {reviews.data !== undefined && items.length === 0 && <p className="soft">Nothing waits for a review.</p>}
      <ul className="list">
        {items.map((interview) => (
          <li key={interview.id}>
            <Link to="/interviews/$id" params={{ id: interview.id }}>
              {respondent(interview)}
            </Link>
            <p className="soft small">{interview.escalation_reason ?? <Time at={interview.updated_at} />}</p>
          </li>
        ))}
      </ul>
      {reviews.data?.next_cursor != null && (
        <Link to="/interviews" search={{ review: 'yes' }}>
          Show all that wait
        </Link>
      )}
    </section>
  )
}

function Alerts() {
  const alerts = useQuery(openAlertsQuery)
  const admin = useMay('admin')
  const webhooks = useQuery({ ...failingWebhooksQuery, enabled: admin })
  return (
    <section className="card" aria-labelledby="alerts">
      <h2 id="alerts">Open alerts</h2>
      <Trouble error={alerts.error} retry={() => void alerts.refetch()} />
      {alerts.isPending && <Loading what="the alerts" />}
      {alerts.data?.total_alerts === 0 && <p className="soft">No alert is open.</p>}
      <ul className="list">
        {alerts.data?.alerts.map((alert) => (
          <li key={alert.id}>
            <Badge tone={alert.severity === 'info' ? 'plain' : alert.severity === 'warning' ? 'warn' : 'bad'}>
              {plain(alert.severity)}
            </Badge>{' '}
            {alert.interview_id === null ? (
              alert.title
            ) : (
              <Link to="/interviews/$id" params={{ id: alert.interview_id }} search={{ view: 'alerts' }}>
                {alert.title}
              </Link>
            )}
          </li>
        ))}
        {webhooks.data?.map((webhook) => (
          <li key={webhook.id}>
            <Badge tone="bad">Webhook</Badge>{' '}
            <Link to="/operations/webhooks/$id" params={{ id: webhook.id }}>
              {webhook.name} is {webhook.health}
            </Link>
          </li>
        ))}
      </ul>
      {(alerts.data?.total_alerts ?? 0) > 0 && (
        <Link to="/operations/alerts">Show all {alerts.data?.total_alerts}</Link>
      )}
    </section>
  )
}

function Calls() {
  const calls = useQuery(callsQuery)
  const items = calls.data?.items ?? []
  return (
    <section className="card" aria-labelledby="calls">
      <h2 id="calls">Calls on now</h2>
      <Trouble error={calls.error} retry={() => void calls.refetch()} />
      {calls.isPending && <Loading what="the calls" />}
      {calls.data !== undefined && items.length === 0 && <p className="soft">No call is on.</p>}
      <ul className="list">
        {items.map((interview) => (
          <li key={interview.id}>
            <Link to="/interviews/$id" params={{ id: interview.id }}>
              {respondent(interview)}
            </Link>
            <p className="soft small">
              since <Time at={interview.started_at} />
              {interview.current_section !== null && `, ${interview.current_section}`}
            </p>
          </li>
        ))}
      </ul>
      {calls.data?.next_cursor != null && (
        <Link to="/interviews" search={{ status: 'in_progress' }}>
          Show all calls
        </Link>
      )}
    </section>
  )
}

const COMPONENTS = ['database', 'redis', 'files'] as const

function Engine() {
  const engine = useQuery(engineQuery)
  const { data } = engine
  const down = data?.components.parts.filter((part) => part.status === 'unavailable') ?? []
  const faults = COMPONENTS.filter((name) => data?.components[name].status === 'unavailable')
  const dead = data?.components.queues.tasks.reduce((sum, queue) => sum + queue.failed, 0) ?? 0
  const well = data?.status === 'ok' && down.length === 0 && faults.length === 0
  return (
    <section className="card" aria-labelledby="engine">
      <h2 id="engine">The engine</h2>
      <Trouble error={engine.error} retry={() => void engine.refetch()} />
      {engine.isPending && <Loading what="the state of the engine" />}
      {data !== undefined && (
        <>
          <p>
            <Badge tone={well ? 'good' : 'bad'}>{well ? 'Everything works' : 'Something is down'}</Badge>
          </p>
          <p>
            {data.components.queues.active_calls} of {data.components.queues.capacity} calls on
            {data.components.queues.status !== 'ok' && ` (${plain(data.components.queues.status).toLowerCase()})`}
          </p>
          {data.components.models.scripted && <p>Scripted speech for tests: nothing that is said is recognised.</p>}
          {faults.map((name) => (
            <p key={name}>{data.components[name].detail ?? `${plain(name)} cannot be reached.`}</p>
          ))}
          {down.map((part) => (
            <p key={part.name}>{plain(part.name)} is down.</p>
          ))}
          {dead > 0 && (
            <p>
              <Link to="/operations/tasks" search={{ state: 'failed' }}>
                {dead} background {dead === 1 ? 'task has' : 'tasks have'} failed
              </Link>
            </p>
          )}
          <p className="soft small">Version {data.version}</p>
        </>
      )}
    </section>
  )
}

function Progress() {
  const progress = useQuery(progressQuery)
  const guides = progress.data?.call_guides ?? []
  return (
    <section className="card" aria-labelledby="progress">
      <h2 id="progress">Studies of the last 30 days</h2>
      <Trouble error={progress.error} retry={() => void progress.refetch()} />
      {progress.isPending && <Loading what="the studies" />}
      {progress.data !== undefined && guides.length === 0 && (
        <div className="empty">
          <p>No interview was scheduled or held in the last 30 days.</p>
          <p>
            <Link to="/studies">Choose a study</Link>, or <Link to="/studies/new">write a new one</Link>.
          </p>
        </div>
      )}
      <ul className="list">
        {guides.map((guide) => (
          <li key={guide.call_guide_id}>
            <p className="row wide">
              <Link to="/studies/$id" params={{ id: guide.call_guide_id }}>
                {guide.call_guide_name}
              </Link>
              <Link
                to="/interviews"
                search={{ guide: guide.call_guide_id }}
                aria-label={`Interviews of ${guide.call_guide_name}`}
              >
                Interviews
              </Link>
            </p>
            <Bar
              label={`${guide.interviews.completed} of ${guide.interviews.total} completed`}
              share={guide.interviews.completion_rate}
              value={percent(guide.interviews.completion_rate)}
            />
          </li>
        ))}
      </ul>
    </section>
  )
}
