/** What came of the interviews of a period: how many, how they went, what they are about, and in which mood. */

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { plain } from '../../ui/Badge'
import { Bar } from '../../ui/Bar'
import { Field } from '../../ui/Field'
import { Loading } from '../../ui/Loading'
import { Trouble } from '../../ui/Trouble'
import { View } from '../../ui/View'
import { duration, number, percent } from '../../ui/time'
import { allGuidesQuery } from '../guides/queries'
import { FindingsTabs } from './FindingsTabs'
import { MoodChart } from './MoodChart'
import { qualityQuery, sentimentsQuery, summaryQuery } from './queries'
import { type FindingsSearch, PERIODS, type Period, findingsSearch } from './search'
import './findings.css'

const route = getRouteApi('/findings')
const PERIOD_NAMES: Record<Period, string> = {
  day: 'The last 24 hours',
  week: 'The last 7 days',
  month: 'The last 30 days',
  quarter: 'The last 13 weeks',
  year: 'The last 365 days',
}

export function FindingsPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const guides = useQuery(allGuidesQuery)
  const period = search.period ?? 'month'
  const go = (next: Record<string, string>): void =>
    void navigate({ to: '/findings', search: findingsSearch({ ...search, ...next }), resetScroll: false })
  return (
    <View title="Findings">
      <FindingsTabs />
      <div className="filters">
        <Field label="Period">
          {(control) => (
            <select {...control} value={period} onChange={(event) => go({ period: event.target.value })}>
              {Object.entries(PERIOD_NAMES).map(([name, label]) => (
                <option key={name} value={name}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Study">
          {(control) => (
            <select {...control} value={search.guide ?? ''} onChange={(event) => go({ guide: event.target.value })}>
              <option value="">All studies</option>
              {guides.data?.map((guide) => (
                <option key={guide.id} value={guide.id}>
                  {guide.name}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <Summary search={search} />
      <Mood search={search} hours={PERIODS[period]} />
      <Quality search={search} />
    </View>
  )
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="card">
      <h2>{name}</h2>
      <p className="figure">{children}</p>
    </div>
  )
}

function share(value: number | null): string {
  return value === null ? '–' : percent(value)
}

function Summary({ search }: { search: FindingsSearch }) {
  const summary = useQuery(summaryQuery(search))
  if (summary.data === undefined) {
    return summary.error === null ? (
      <Loading what="the figures" />
    ) : (
      <Trouble error={summary.error} retry={() => void summary.refetch()} />
    )
  }
  const { interviews, responses, themes } = summary.data
  const most = Math.max(1, ...themes.map((theme) => theme.frequency))
  return (
    <>
      <div className="figures">
        <Figure name="Interviews">{number(interviews.total)}</Figure>
        <Figure name="Completed">{share(interviews.completion_rate)}</Figure>
        <Figure name="Mean length">
          {interviews.avg_duration_seconds === null ? '–' : duration(interviews.avg_duration_seconds)}
        </Figure>
        <Figure name="Engagement">{share(interviews.avg_engagement_score)}</Figure>
        <Figure name="Answers">{number(responses.total)}</Figure>
        <Figure name="Follow-ups">{number(responses.follow_ups)}</Figure>
      </div>
      <div className="cards">
        <section className="card" aria-labelledby="outcomes">
          <h2 id="outcomes">How the interviews ended</h2>
          {interviews.total === 0 && <p className="soft">There were no interviews in this period.</p>}
          {interviews.total > 0 &&
            Object.entries(interviews.by_status).map(([status, count]) => (
              <Bar key={status} label={plain(status)} share={count / interviews.total} value={number(count)} />
            ))}
        </section>
        <section className="card" aria-labelledby="themes">
          <h2 id="themes">What the answers are about</h2>
          {themes.length === 0 && <p className="soft">No themes were found in this period.</p>}
          {themes.slice(0, 12).map((theme) => (
            <Bar
              key={theme.theme}
              label={plain(theme.theme)}
              share={theme.frequency / most}
              value={number(theme.frequency)}
            />
          ))}
        </section>
      </div>
    </>
  )
}

function Mood({ search, hours }: { search: FindingsSearch; hours: number }) {
  const moods = useQuery(sentimentsQuery(search))
  return (
    <section className="card" aria-labelledby="mood">
      <h2 id="mood">The mood of the answers</h2>
      <Trouble error={moods.error} retry={() => void moods.refetch()} />
      {moods.isPending && <Loading what="the moods" />}
      {moods.data?.time_series.length === 0 && <p className="soft">There were no answers in this period.</p>}
      {moods.data !== undefined && moods.data.time_series.length > 0 && (
        <MoodChart hours={moods.data.time_series} period={hours} />
      )}
    </section>
  )
}

function Quality({ search }: { search: FindingsSearch }) {
  const quality = useQuery(qualityQuery(search))
  if (quality.data === undefined) return <Trouble error={quality.error} retry={() => void quality.refetch()} />
  const {
    total_responses: total,
    information_density_distribution: density,
    confidence_score_distribution: confidence,
  } = quality.data
  if (total === 0) return null
  return (
    <>
      <div className="cards">
        {(
          [
            ['How much the answers say', density],
            ['How well they were recognised', confidence],
          ] as const
        ).map(([name, distribution]) => (
          <section className="card" key={name} aria-label={name}>
            <h2>{name}</h2>
            {Object.entries(distribution).map(([range, count]) => (
              <Bar
                key={range}
                label={range.replace('-', ' to ')}
                share={count / total}
                value={percent(count / total)}
              />
            ))}
          </section>
        ))}
      </div>
      {search.guide !== undefined && <p className="soft small">These two are over the answers of all studies.</p>}
    </>
  )
}
