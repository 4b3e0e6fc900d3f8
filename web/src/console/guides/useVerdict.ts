/** What the engine says about the text, a moment after it was last changed. */

import { useEffect, useMemo, useState } from 'react'
import { Problem } from '../../engine/http'
import { sentence } from '../../ui/Trouble'
import type { Mark } from './editor'
import { type Verdict, validate } from './queries'
import { read, spanOf } from './source'

/** So long after the last change the engine is asked. */
const PAUSE_MS = 400

export interface Remark extends Mark {
  pointer: string
  line: number
  suggestion: string
  code: string
}

export interface Judged {
  /** True while the text has changed since it was judged. */
  pending: boolean
  remarks: Remark[]
  valid: boolean
  /** The engine could not be asked. */
  error: unknown
}

interface Answer {
  text: string
  verdict: Verdict | null
  error: unknown
}

export function useVerdict(text: string): Judged {
  const [answer, setAnswer] = useState<Answer | null>(null)
  useEffect(() => {
    const abort = new AbortController()
    const timer = setTimeout(() => {
      validate(text, abort.signal).then(
        (verdict) => setAnswer({ text, verdict, error: null }),
        (error: unknown) => {
          if (!abort.signal.aborted) setAnswer({ text, verdict: null, error })
        },
      )
    }, PAUSE_MS)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [text])
  return useMemo(() => judged(text, answer), [text, answer])
}

const SEVERITIES = { info: 'info', warning: 'warning', error: 'error' } as const

/** Puts faults and findings where they are in the text. */
export function judged(text: string, answer: Answer | null): Judged {
  const { document, faults, lines } = read(text)
  const at = (from: number): number => lines.linePos(from).line || 1
  if (faults.length > 0) {
    // The engine would say the same, without a place.
    const remarks = faults.map((fault): Remark => ({
      ...fault,
      severity: 'error',
      message: sentence(fault.message),
      pointer: '',
      line: at(fault.from),
      suggestion: '',
      code: 'not-yaml',
    }))
    return { pending: false, remarks, valid: false, error: null }
  }
  const verdict = answer?.text === text ? answer.verdict : null
  const remark = (
    pointer: string,
    severity: Remark['severity'],
    code: string,
    message: string,
    suggestion = '',
  ): Remark => {
    const span = spanOf(text, document, pointer)
    const said = [message, suggestion].filter((part) => part !== '').map(sentence)
    return { ...span, severity, message: said.join(' '), pointer, line: at(span.from), suggestion, code }
  }
  const unreadable = answer?.text === text && answer.error instanceof Problem ? answer.error.errors : []
  const remarks = [
    ...unreadable.map((fault) => remark(fault.pointer, 'error', 'not-yaml', fault.detail)),
    ...(verdict?.errors ?? []).map((fault) => remark(fault.pointer, 'error', 'invalid', fault.detail)),
    ...(verdict?.findings ?? []).map((one) =>
      remark(one.path, SEVERITIES[one.severity], one.code, one.message, one.suggestion),
    ),
  ]
  return {
    pending: answer?.text !== text,
    remarks,
    valid: verdict?.valid === true,
    error: answer?.text === text && unreadable.length === 0 ? answer.error : null,
  }
}
