/** An error in words: what the engine said, every fault that no field shows, and a way to try again. */

import { Problem, Unreachable } from '../engine/http'

interface TroubleProps {
  error: unknown
  /** Pointers of faults that a field shows itself. */
  shown?: string[]
  retry?: () => void
}

export function words(error: unknown): string {
  if (error instanceof Unreachable) return 'The engine does not answer. Is it still running?'
  if (error instanceof Error) return sentence(error.message)
  return 'Something went wrong.'
}

/** Details of problem documents are written as clauses. */
export function sentence(detail: string): string {
  const capital = detail.charAt(0).toUpperCase() + detail.slice(1)
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`
}

/** Returns the fault at a pointer, as a sentence. */
export function faultAt(error: unknown, pointer: string): string | undefined {
  const fault = error instanceof Problem ? error.errors.find((one) => one.pointer === pointer) : undefined
  return fault === undefined ? undefined : sentence(fault.detail)
}

export function Trouble({ error, shown = [], retry }: TroubleProps) {
  const faults = error instanceof Problem ? error.errors.filter((fault) => !shown.includes(fault.pointer)) : []
  const wait = error instanceof Problem ? error.retryAfter : null
  return (
    <div role="alert">
      {error !== null && error !== undefined && (
        <div className="card warn trouble">
          <p>{words(error)}</p>
          {wait !== null && <p>Another attempt makes sense in {wait} s.</p>}
          {faults.length > 0 && (
            <ul>
              {faults.map((fault) => (
                <li key={fault.pointer + fault.detail}>
                  {fault.pointer !== '' && <code>{fault.pointer}</code>} {sentence(fault.detail)}
                </li>
              ))}
            </ul>
          )}
          {retry !== undefined && (
            <p>
              <button type="button" onClick={retry}>
                Try again
              </button>
            </p>
          )}
        </div>
      )}
    </div>
  )
}
