import { describe, expect, test } from 'vitest'
import {
  CONNECT_MS,
  type Effect,
  FAREWELL_MS,
  FIRST_PAUSE_MS,
  GRACE_MS,
  LIMIT_MS,
  MOST_PAUSE_MS,
  type Recovery,
  type Signal,
  next,
  steady,
} from './recovery'

/** A fixed random value. Pauses are exact at 0.5. */
const fair = (): number => 0.5

class Page {
  now: Recovery = steady
  effect: Effect = { type: 'none' }
  at = 1_000_000

  on(signal: Signal): this {
    ;[this.now, this.effect] = next(this.now, signal, this.at, fair)
    return this
  }

  link(state: RTCPeerConnectionState): this {
    return this.on({ type: 'link', state })
  }

  /** Lets the requested time pass. */
  wait(): this {
    if (this.effect.type !== 'wait') throw new Error(`nothing is waited for but ${this.effect.type}`)
    this.at += this.effect.ms
    return this.on({ type: 'timer' })
  }
}

const refused: Signal = { type: 'join_failed', elsewhere: false, retryAfterMs: null }

describe('a lost connection', () => {
  test('that comes back within the grace needs nothing', () => {
    const page = new Page().link('disconnected')
    expect([page.now.phase, page.effect]).toEqual(['waiting', { type: 'wait', ms: GRACE_MS }])
    expect(page.link('connected').now).toEqual(steady)
  })

  test('is restarted, then joined anew when the restart is refused', () => {
    const page = new Page().link('disconnected').wait()
    expect([page.now.phase, page.effect.type]).toEqual(['restarting', 'restart'])
    page.on({ type: 'restart_failed', gone: false })
    expect([page.now.phase, page.effect]).toEqual(['rejoining', { type: 'join', takeover: true }])
    expect(page.on({ type: 'joined' }).effect).toEqual({ type: 'wait', ms: CONNECT_MS })
    expect(page.link('connected').now).toEqual(steady)
  })

  test('that the engine notices first is restarted at once', () => {
    const page = new Page().on({ type: 'unheard' })
    expect([page.now.phase, page.effect.type]).toEqual(['restarting', 'restart'])
    // A signal that is repeated, or that the browser reports as well, changes nothing.
    expect(page.on({ type: 'unheard' }).effect.type).toBe('none')
    expect(page.link('disconnected').now.phase).toBe('restarting')
    expect(new Page().link('disconnected').on({ type: 'unheard' }).effect.type).toBe('restart')
    expect(page.link('connected').now).toEqual(steady)
  })

  test('that fails outright is restarted at once, and joined when nothing comes of it', () => {
    const page = new Page().link('failed')
    expect(page.effect.type).toBe('restart')
    page.on({ type: 'restarted' })
    expect(page.effect).toEqual({ type: 'wait', ms: CONNECT_MS })
    expect(page.wait().effect).toEqual({ type: 'join', takeover: true })
  })

  test('pauses grow and are bounded, then the person is asked, and asking begins anew', () => {
    const page = new Page().link('failed').on({ type: 'restart_failed', gone: false })
    const pauses: number[] = []
    for (let tries = 0; tries < 100 && page.now.phase === 'rejoining'; tries += 1) {
      page.on(refused)
      if (page.effect.type === 'wait') {
        pauses.push(page.effect.ms)
        page.wait()
      }
    }
    expect(pauses.slice(0, 3)).toEqual([FIRST_PAUSE_MS, FIRST_PAUSE_MS * 2, FIRST_PAUSE_MS * 4])
    expect(Math.max(...pauses)).toBe(MOST_PAUSE_MS)
    expect(page.now.phase).toBe('lost')
    expect(page.at - 1_000_000).toBeGreaterThan(LIMIT_MS)
    expect(page.on({ type: 'reconnect_now' }).effect).toEqual({ type: 'join', takeover: true })
  })

  test('a full engine is left alone for as long as it asks', () => {
    const page = new Page().link('failed').on({ type: 'restart_failed', gone: false })
    page.on({ type: 'join_failed', elsewhere: false, retryAfterMs: 30_000 })
    expect(page.effect).toEqual({ type: 'wait', ms: 30_000 })
  })

  test('a network that is back is not waited for', () => {
    const page = new Page().link('failed').on({ type: 'restart_failed', gone: false }).on(refused)
    expect(page.on({ type: 'reconnect_now' }).effect).toEqual({ type: 'join', takeover: true })
  })

  test('late news of what is mended already changes nothing', () => {
    const page = new Page().link('disconnected').link('connected')
    for (const signal of [{ type: 'timer' }, { type: 'joined' }, refused, { type: 'restarted' }] as Signal[]) {
      expect(page.on(signal).now).toEqual(steady)
      expect(page.effect).toEqual({ type: 'none' })
    }
  })
})

describe('a call that was taken over', () => {
  test('is not taken back without asking', () => {
    const page = new Page().on({ type: 'closed_by_engine' })
    // The engine is first given time to say that the interview is over.
    expect([page.now.phase, page.effect]).toEqual(['waiting', { type: 'wait', ms: FAREWELL_MS }])
    expect(page.link('closed').on({ type: 'unheard' }).now.phase).toBe('waiting')
    page.effect = { type: 'wait', ms: FAREWELL_MS }
    expect(page.wait().effect).toEqual({ type: 'join', takeover: false })
    page.on({ type: 'join_failed', elsewhere: true, retryAfterMs: null })
    expect([page.now.phase, page.effect]).toEqual(['elsewhere', { type: 'none' }])
    expect(page.link('failed').now.phase).toBe('elsewhere')
    expect(page.on({ type: 'reconnect_now' }).effect).toEqual({ type: 'join', takeover: true })
  })

  test('shows when a restart finds no call of ours', () => {
    const page = new Page().link('failed').on({ type: 'restart_failed', gone: true })
    expect(page.effect).toEqual({ type: 'join', takeover: false })
  })
})
