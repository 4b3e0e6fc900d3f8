import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { backoff } from './backoff'
import { Events, type Message, eventsUrl } from './events'

/** A socket that the test controls. */
class FakeSocket {
  static all: FakeSocket[] = []
  readyState = 0
  sent: string[] = []
  onopen: (() => void) | null = null
  onclose: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null

  constructor(readonly url: string) {
    FakeSocket.all.push(this)
  }

  open(): void {
    this.readyState = 1
    this.onopen?.()
  }

  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }

  send(text: string): void {
    this.sent.push(text)
  }

  close(): void {
    if (this.readyState === 3) return
    this.readyState = 3
    this.onclose?.()
  }
}

const caption = { type: 'caption', speaker: 'interviewer', text: 'Hello.', final: true, start_ms: 0, end_ms: 1 }

function page() {
  const heard: Message[] = []
  const seen: (boolean | 'refused')[] = []
  const listener = {
    message: (message: Message) => heard.push(message),
    open: (isOpen: boolean) => seen.push(isOpen),
    refused: () => seen.push('refused'),
  }
  const create = (url: string) => new FakeSocket(url) as unknown as WebSocket
  const events = new Events('t/1', listener, 'https://calls.example.org/join/x', create)
  events.connect()
  return { events, heard, seen }
}

function socket(): FakeSocket {
  const last = FakeSocket.all.at(-1)
  if (last === undefined) throw new Error('no socket was opened')
  return last
}

beforeEach(() => {
  FakeSocket.all = []
  vi.useFakeTimers()
})
afterEach(() => vi.useRealTimers())

describe('the events socket', () => {
  test('goes where the page came from, encrypted where it was', () => {
    expect(eventsUrl('http://localhost:8000/join/x', 'a', null)).toBe('ws://localhost:8000/api/join/a/events')
    expect(eventsUrl('https://e.org/join/x', 'a/b', 7)).toBe('wss://e.org/api/join/a%2Fb/events?after=7')
  })

  test('comes back by itself with the number of the last message, and tells nothing twice', () => {
    const { heard, seen } = page()
    socket().open()
    socket().say({ ...caption, seq: 41, at_ms: 1 })
    socket().close()
    expect(seen).toEqual([true, false])
    vi.advanceTimersByTime(1_000)
    expect(FakeSocket.all).toHaveLength(2)
    expect(socket().url).toContain('?after=41')
    socket().open()
    socket().say({ ...caption, seq: 41, at_ms: 1 })
    socket().say({ ...caption, seq: 42, at_ms: 2 })
    expect(heard.map((message) => message.seq)).toEqual([41, 42])
  })

  test('says when it is not let in, and waits longer each time', () => {
    const { seen } = page()
    const opened: number[] = []
    for (let tries = 0; tries < 6; tries += 1) {
      const before = Date.now()
      socket().close()
      const count = FakeSocket.all.length
      while (FakeSocket.all.length === count) vi.advanceTimersByTime(50)
      opened.push(Date.now() - before)
    }
    expect(seen.filter((one) => one === 'refused')).toHaveLength(6)
    expect(opened[4]).toBeGreaterThan((opened[0] ?? 0) * 4)
  })

  test('ends for good with the interview', () => {
    const { heard } = page()
    socket().open()
    socket().say({ type: 'state', value: 'ended', seq: 1, at_ms: 0 })
    vi.advanceTimersByTime(60_000)
    expect(FakeSocket.all).toHaveLength(1)
    expect(heard).toHaveLength(1)
  })

  test('keeps only a leave for later', () => {
    const { events } = page()
    expect(events.send('pause')).toBe(false)
    expect(events.send('leave')).toBe(false)
    socket().open()
    expect(socket().sent).toEqual(['{"type":"leave"}'])
  })

  test('survives nonsense', () => {
    const { heard } = page()
    socket().open()
    socket().onmessage?.({ data: '{' })
    socket().onmessage?.({ data: new ArrayBuffer(2) })
    expect(heard).toEqual([])
  })
})

test('pauses double, are bounded, and are spread', () => {
  expect([0, 1, 2, 9].map((attempt) => backoff(attempt, 100, 1_000, () => 0.5))).toEqual([100, 200, 400, 1_000])
  expect([backoff(0, 100, 1_000, () => 0), backoff(0, 100, 1_000, () => 1)]).toEqual([80, 120])
})
