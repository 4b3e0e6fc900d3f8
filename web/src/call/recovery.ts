/**
 * Recovery from a lost connection: waiting a moment, restarting ICE, joining again with growing
 * pauses, and finally asking the person. Pure: time is passed in with each signal, and effects are
 * returned.
 */

import { backoff } from '../engine/backoff'

export type Phase = 'steady' | 'waiting' | 'restarting' | 'rejoining' | 'lost' | 'elsewhere'

export interface Recovery {
  phase: Phase
  /** When the connection was lost, in ms since 1970. */
  since: number
  attempt: number
  /** True if the call may have been taken over elsewhere. It is not taken back without asking. */
  yielding: boolean
}

export type Signal =
  | { type: 'link'; state: RTCPeerConnectionState }
  /**
   * The engine closed the connection, usually because the interview is over, which it is about to
   * report.
   */
  | { type: 'closed_by_engine' }
  /** The engine receives nothing from this page. It often notices before the browser does. */
  | { type: 'unheard' }
  | { type: 'timer' }
  /** The engine accepted the restart, and the connection is expected. */
  | { type: 'restarted' }
  | { type: 'restart_failed'; gone: boolean }
  | { type: 'joined' }
  | { type: 'join_failed'; elsewhere: boolean; retryAfterMs: number | null }
  /** The network is back, or the person does not want to wait. */
  | { type: 'reconnect_now' }

export type Effect =
  | { type: 'none' }
  | { type: 'wait'; ms: number }
  | { type: 'restart' }
  | { type: 'join'; takeover: boolean }

/** A loss shorter than this ends by itself and is not shown, in ms. */
export const GRACE_MS = 2_500
/** The time in which the engine can say that the interview is over after it has hung up, in ms. */
export const FAREWELL_MS = 1_500
/** The time in which the connection must follow an answered restart or join, in ms. */
export const CONNECT_MS = 8_000
export const FIRST_PAUSE_MS = 1_000
export const MOST_PAUSE_MS = 15_000
/** After this time, the person is asked, in ms. */
export const LIMIT_MS = 5 * 60_000

export const steady: Recovery = { phase: 'steady', since: 0, attempt: 0, yielding: false }

const NOTHING: Effect = { type: 'none' }

export function next(
  now: Recovery,
  signal: Signal,
  at: number,
  random: () => number = Math.random,
): [Recovery, Effect] {
  const broken = now.phase !== 'steady'
  switch (signal.type) {
    case 'link':
      return link(now, signal.state, at, random)
    case 'closed_by_engine':
      if (now.phase === 'rejoining' || now.phase === 'elsewhere' || now.phase === 'lost') return [now, NOTHING]
      return [
        { phase: 'waiting', since: broken ? now.since : at, attempt: 0, yielding: true },
        { type: 'wait', ms: FAREWELL_MS },
      ]
    case 'unheard':
      if (now.phase !== 'steady' && now.phase !== 'waiting') return [now, NOTHING]
      return now.yielding ? [now, NOTHING] : restart({ ...now, since: broken ? now.since : at })
    case 'timer':
      if (now.phase === 'waiting') return now.yielding ? join(now) : restart(now)
      if (now.phase === 'restarting' || now.phase === 'rejoining') return join(now)
      return [now, NOTHING]
    case 'restarted':
      return now.phase === 'restarting' ? [now, { type: 'wait', ms: CONNECT_MS }] : [now, NOTHING]
    case 'restart_failed':
      return now.phase === 'restarting' ? join({ ...now, yielding: now.yielding || signal.gone }) : [now, NOTHING]
    case 'joined':
      return now.phase === 'rejoining' ? [now, { type: 'wait', ms: CONNECT_MS }] : [now, NOTHING]
    case 'join_failed':
      if (now.phase !== 'rejoining') return [now, NOTHING]
      if (signal.elsewhere) return [{ ...now, phase: 'elsewhere' }, NOTHING]
      return pause(now, at, signal.retryAfterMs, random)
    case 'reconnect_now':
      if (now.phase === 'waiting') return now.yielding ? join(now) : restart(now)
      if (now.phase === 'rejoining') return join({ ...now, attempt: 0 })
      // A person who asks for it on this page takes the call back.
      if (now.phase === 'lost' || now.phase === 'elsewhere')
        return join({ phase: 'rejoining', since: at, attempt: 0, yielding: false })
      return [now, NOTHING]
  }
}

function link(now: Recovery, state: RTCPeerConnectionState, at: number, random: () => number): [Recovery, Effect] {
  if (state === 'connected') return [steady, NOTHING]
  switch (now.phase) {
    case 'steady':
      if (state === 'disconnected') return [{ ...steady, phase: 'waiting', since: at }, { type: 'wait', ms: GRACE_MS }]
      if (state === 'failed' || state === 'closed') return restart({ ...steady, since: at })
      return [now, NOTHING]
    case 'waiting':
      return state === 'failed' && !now.yielding ? restart(now) : [now, NOTHING]
    case 'rejoining':
      // The joined call does not connect.
      return state === 'failed' ? pause(now, at, null, random) : [now, NOTHING]
    default:
      return [now, NOTHING]
  }
}

function restart(now: Recovery): [Recovery, Effect] {
  return [{ ...now, phase: 'restarting' }, { type: 'restart' }]
}

function join(now: Recovery): [Recovery, Effect] {
  const joining: Recovery = { ...now, phase: 'rejoining', attempt: now.attempt + 1 }
  return [joining, { type: 'join', takeover: !now.yielding }]
}

function pause(now: Recovery, at: number, asked: number | null, random: () => number): [Recovery, Effect] {
  if (at - now.since > LIMIT_MS) return [{ ...now, phase: 'lost' }, NOTHING]
  const own = backoff(Math.max(0, now.attempt - 1), FIRST_PAUSE_MS, MOST_PAUSE_MS, random)
  return [now, { type: 'wait', ms: Math.max(own, asked ?? 0) }]
}
