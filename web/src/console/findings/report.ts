/** What is in a report: its columns are described as objects, and read here with care. */

import type { Report } from './queries'

export interface Quote {
  quote: string
  context: string
  significance: string
  interview_id: string
  start_ms: number
  end_ms: number
}

export interface Finding {
  type: string
  statement: string
  support: unknown
  evidence: Quote[]
  method: string
}

export interface Advice {
  text: string
  reason: string
}

function objects(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value)
    ? value.filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null)
    : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function quotesOf(value: unknown): Quote[] {
  return objects(value).flatMap((one) => {
    const { start_ms, end_ms } = one
    if (typeof start_ms !== 'number' || typeof end_ms !== 'number') return []
    const { quote, context, significance, interview_id } = one
    return [
      {
        quote: text(quote),
        context: text(context),
        significance: text(significance),
        interview_id: text(interview_id),
        start_ms,
        end_ms,
      },
    ]
  })
}

export function findingsOf(report: Report): Finding[] {
  return objects(report.key_findings).map((one) => ({
    type: text(one['type']),
    statement: text(one['statement']),
    support: one['support'],
    evidence: quotesOf(one['evidence']),
    method: text(one['method']),
  }))
}

export function adviceOf(value: unknown): Advice[] {
  return objects(value).map((one) => ({ text: text(one['text']), reason: text(one['reason']) }))
}

/** Themes of one interview and of many have their counts under different names. */
export function themesOf(report: Report): { theme: string; share: number }[] {
  return objects(report.themes).flatMap((one) => {
    const share = [one['share'], one['prevalence']].find((value) => typeof value === 'number')
    return typeof one['theme'] === 'string'
      ? [{ theme: one['theme'], share: typeof share === 'number' ? share : 0 }]
      : []
  })
}
