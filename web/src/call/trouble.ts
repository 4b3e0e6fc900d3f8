/** The reasons why there is no call, in the kinds that the page can help with. Pure. */

import { Problem, Unreachable } from '../engine/http'

export type Trouble =
  | { kind: 'unknown' }
  | { kind: 'expired' }
  | { kind: 'elsewhere' }
  | { kind: 'full'; retryAfter: number }
  | { kind: 'offline' }
  /** The browser lacks something that the engine needs. */
  | { kind: 'browser'; detail: string }
  | { kind: 'engine'; detail: string }

/** The wait in seconds, if the engine does not state one. */
const RETRY_SECONDS = 15

export function troubleOf(error: unknown): Trouble {
  if (error instanceof Unreachable) return { kind: 'offline' }
  if (!(error instanceof Problem)) return { kind: 'browser', detail: error instanceof Error ? error.message : '' }
  switch (error.status) {
    case 404:
      return { kind: 'unknown' }
    case 409:
      return { kind: 'elsewhere' }
    case 410:
      return { kind: 'expired' }
    case 406:
      return { kind: 'browser', detail: error.detail }
    case 503:
      return { kind: 'full', retryAfter: error.retryAfter ?? RETRY_SECONDS }
    default:
      // A proxy that finds no engine behind it answers 502 or 504.
      return error.status === 502 || error.status === 504
        ? { kind: 'offline' }
        : { kind: 'engine', detail: error.detail }
  }
}
