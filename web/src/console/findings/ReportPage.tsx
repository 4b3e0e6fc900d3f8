/** A report: what was found, with the words that it rests on, which can be heard. */

import { useQuery } from '@tanstack/react-query'
import { Link, getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Problem } from '../../engine/http'
import { plain } from '../../ui/Badge'
import { Bar } from '../../ui/Bar'
import { Facts } from '../../ui/Facts'
import { Loading } from '../../ui/Loading'
import { Trouble } from '../../ui/Trouble'
import { View } from '../../ui/View'
import { Time, clock, percent } from '../../ui/time'
import { NotFound } from '../Frame'
import { guideQuery } from '../guides/queries'
import { type Report, reportQuery } from './queries'
import { type Advice, type Quote, adviceOf, findingsOf, quotesOf, themesOf } from './report'
import { type QuotePlayer, useQuotePlayer } from './useQuotePlayer'
import './findings.css'

const route = getRouteApi('/findings/reports/$id')

export function ReportPage() {
  const { id } = route.useParams()
  const report = useQuery(reportQuery(id))
  if (report.error instanceof Problem && [400, 404].includes(report.error.status)) return <NotFound />
  if (report.data === undefined) {
    return report.error === null ? (
      <Loading what="the report" />
    ) : (
      <Trouble error={report.error} retry={() => void report.refetch()} />
    )
  }
  return <Whole report={report.data} />
}

function share(value: number | null): string {
  return value === null ? '–' : percent(value)
}

function Whole({ report }: { report: Report }) {
  const player = useQuotePlayer()
  const guide = useQuery({ ...guideQuery(report.call_guide_id ?? ''), enabled: report.call_guide_id !== null })
  const path = `/api/analytics/insights/${report.id}`
  const findings = findingsOf(report)
  const quotes = quotesOf(report.notable_quotes)
  const themes = themesOf(report)
  return (
    <View
      title={
        report.interview_id === null
          ? `Report across ${report.interview_ids.length} interviews`
          : 'Report of an interview'
      }
      above={<Link to="/findings/reports">Reports</Link>}
      actions={
        <>
          <a className="button" href={`${path}?format=html`} target="_blank" rel="noreferrer">
            As a page
          </a>
          <a className="button" href={`${path}?format=html&download=true`} download>
            Download, with sound
          </a>
          <a className="button" href={`${path}?format=markdown&download=true`} download>
            Markdown
          </a>
        </>
      }
    >
      <div className="split">
        <div>
          <section aria-labelledby="summary">
            <h2 id="summary">Summary</h2>
            <p>{report.executive_summary}</p>
          </section>
          <Part id="findings" title="Findings" empty={findings.length === 0}>
            {findings.map((finding, index) => (
              <article key={index} className="card">
                <h3>{finding.statement}</h3>
                <p className="soft small">
                  {plain(finding.type)}, by {finding.method}
                </p>
                {finding.evidence.map((quote, place) => (
                  <QuoteOf key={place} quote={quote} player={player} />
                ))}
              </article>
            ))}
          </Part>
          <Part id="quotes" title="Quotes" empty={quotes.length === 0}>
            {quotes.map((quote, index) => (
              <QuoteOf key={index} quote={quote} player={player} />
            ))}
          </Part>
          <AdviceList
            id="recommendations"
            title="Recommendations"
            advice={adviceOf(report.follow_up_recommendations)}
          />
          <AdviceList id="next" title="Questions to ask next" advice={adviceOf(report.suggested_next_questions)} />
        </div>
        <div>
          <section className="card" aria-labelledby="facts">
            <h2 id="facts">Facts</h2>
            <Facts
              facts={[
                [
                  'Study',
                  report.call_guide_id === null ? (
                    '–'
                  ) : (
                    <Link key="study" to="/studies/$id" params={{ id: report.call_guide_id }}>
                      {guide.data?.row.name ?? 'Open the study'}
                    </Link>
                  ),
                ],
                [
                  'Interviews',
                  report.interview_id === null ? (
                    String(report.interview_ids.length)
                  ) : (
                    <Link key="interview" to="/interviews/$id" params={{ id: report.interview_id }}>
                      Open the interview
                    </Link>
                  ),
                ],
                ['Made', <Time key="made" at={report.generated_at} />],
                ['By', report.model_used ?? plain(report.generated_by)],
                ['Objective met', share(report.research_objective_alignment)],
                ['Data quality', share(report.data_quality_score)],
                ['Confidence', share(report.confidence_level)],
                ['Erased since', String(report.erased_interviews)],
              ]}
            />
          </section>
          {themes.length > 0 && (
            <section className="card" aria-labelledby="report-themes">
              <h2 id="report-themes">Themes</h2>
              {themes.map((theme) => (
                <Bar key={theme.theme} label={plain(theme.theme)} share={theme.share} value={percent(theme.share)} />
              ))}
            </section>
          )}
        </div>
      </div>
      <audio ref={player.ref} preload="none" />
    </View>
  )
}

function Part({ id, title, empty, children }: { id: string; title: string; empty: boolean; children: ReactNode }) {
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {empty ? <p className="soft">None.</p> : children}
    </section>
  )
}

function QuoteOf({ quote, player }: { quote: Quote; player: QuotePlayer }) {
  const key = `${quote.interview_id} ${quote.start_ms}`
  const playing = player.playing === key
  return (
    <figure className="quote">
      <blockquote>{quote.quote}</blockquote>
      <figcaption className="soft small">
        <span className="row">
          <button
            type="button"
            className="small"
            aria-label={playing ? 'Stop the quote' : `Play the quote: ${quote.quote}`}
            onClick={() => player.play(key, quote)}
          >
            {playing ? 'Stop' : 'Play'}
          </button>
          <Link to="/interviews/$id" params={{ id: quote.interview_id }} search={{ at: String(quote.start_ms) }}>
            {clock(quote.start_ms)} in the interview
          </Link>
          {quote.context !== '' && <span>asked: {quote.context}</span>}
        </span>
        {player.fault?.key === key && <span role="alert">{player.fault.why}</span>}
      </figcaption>
    </figure>
  )
}

function AdviceList({ id, title, advice }: { id: string; title: string; advice: Advice[] }) {
  if (advice.length === 0) return null
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <ul>
        {advice.map((one) => (
          <li key={one.text}>
            {one.text}
            {one.reason !== '' && <p className="soft small">{one.reason}</p>}
          </li>
        ))}
      </ul>
    </section>
  )
}
