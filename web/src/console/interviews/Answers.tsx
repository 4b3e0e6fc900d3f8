/** The answers of an interview: what was asked and why, what was said, what it was taken for, and its scores. */

import { Badge, plain } from '../../ui/Badge'
import { Bar } from '../../ui/Bar'
import { clock, duration, percent } from '../../ui/time'
import { followUpsOf, valueOf } from './names'
import type { Answer, Turn } from './queries'

interface AnswersProps {
  answers: Answer[]
  turns: Turn[]
  play: ((ms: number) => void) | null
}

const SCORES = [
  ['confidence_score', 'Recognition'],
  ['completeness', 'Completeness'],
  ['information_density', 'Information'],
  ['enthusiasm', 'Enthusiasm'],
  ['hesitation', 'Hesitation'],
] as const

export function Answers({ answers, turns, play }: AnswersProps) {
  if (answers.length === 0) return <div className="empty">There are no answers in this interview.</div>
  const starts = new Map(turns.flatMap((turn) => (turn.response_id == null ? [] : [[turn.response_id, turn.start_ms]])))
  const texts = new Map(answers.map((answer) => [answer.id, answer]))
  return (
    <ol className="list answers">
      {answers.map((answer) => {
        const parent = answer.parent_response_id === null ? undefined : texts.get(answer.parent_response_id)
        return <AnswerCard key={answer.id} answer={answer} parent={parent} start={starts.get(answer.id)} play={play} />
      })}
    </ol>
  )
}

interface AnswerCardProps {
  answer: Answer
  parent: Answer | undefined
  start: number | undefined
  play: ((ms: number) => void) | null
}

function AnswerCard({ answer, parent, start, play }: AnswerCardProps) {
  const value = valueOf(answer.value)
  const said = answer.answer_class === 'answered' ? 'good' : 'plain'
  // Why this was asked stands with the answer that led to it.
  const reason = parent === undefined ? undefined : followUpsOf(parent).find((one) => one.text === answer.question_text)
  return (
    <li>
      <p className="soft small">
        {answer.section_name}
        {answer.is_follow_up && ' · follow-up'}
      </p>
      <h2>{answer.question_text}</h2>
      {reason !== undefined && (
        <p className="soft small">
          Asked because {reason.why ?? 'the guide asks for it'}
          {reason.action !== null && ` (${plain(reason.action).toLowerCase()}`}
          {reason.action !== null && reason.source !== null && `, by ${reason.source}`}
          {reason.action !== null && ')'}
        </p>
      )}
      <blockquote>
        {answer.response_text === '' ? <span className="soft">Nothing was said.</span> : answer.response_text}
      </blockquote>
      <p className="row">
        <Badge tone={said}>{plain(answer.answer_class)}</Badge>
        {value !== null && <strong>{value}</strong>}
        <span className="soft">{plain(answer.sentiment)}</span>
        <span className="soft">answered after {duration(answer.response_time_seconds)}</span>
        {answer.flags.map((flag) => (
          <Badge key={flag} tone="warn">
            {plain(flag)}
          </Badge>
        ))}
        {play !== null && start !== undefined && (
          <button type="button" className="small" onClick={() => play(start)}>
            Play from {clock(start)}
          </button>
        )}
      </p>
      <details>
        <summary>Scores and analysis</summary>
        {SCORES.map(([name, label]) => (
          <Bar key={name} label={label} share={answer[name]} value={percent(answer[name])} />
        ))}
        {answer.themes.length > 0 && <p className="soft">Themes: {answer.themes.map(plain).join(', ')}</p>}
        {answer.key_phrases.length > 0 && <p className="soft">Phrases: {answer.key_phrases.join(', ')}</p>}
        <p className="soft small">
          {Object.entries(answer.analysis_methods as Record<string, unknown>)
            .map(([name, method]) => `${plain(name)} by ${String(method)}`)
            .join(', ')}
        </p>
      </details>
    </li>
  )
}
