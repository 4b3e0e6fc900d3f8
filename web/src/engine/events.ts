/** The events socket: what the engine tells the page, and what the page asks for. Reconnects by itself. */

import { backoff } from './backoff'

export type CallState = 'connecting' | 'preparing' | 'listening' | 'thinking' | 'speaking' | 'paused' | 'ended'
export type Speaker = 'interviewer' | 'respondent'
export type Command = 'pause' | 'resume' | 'leave' | 'repeat'

/** Consent to record is taken back; what was recorded so far goes as well, or stays. */
export interface StopRecording {
  type: 'stop_recording'
  delete_so_far: boolean
}

export type Message = { seq: number; at_ms: number } & (
  /** `reason` comes with `paused`: only a pause that was requested waits for `resume`. */
  | { type: 'state'; value: CallState; reason?: 'requested' | 'connection_lost' }
  | {
      type: 'caption'
      speaker: Speaker
      text: string
      final: boolean
      start_ms: number
      end_ms: number
      replaces?: number
    }
  | { type: 'question'; id: string; section: string; number: number; of: number; follow_up_of?: string }
  | { type: 'consent'; participation: boolean | null; recording: boolean | null }
  /** With `call_id`: meant for the page of that call only. */
  | { type: 'error'; title: string; detail: string; call_id?: string }
)

export interface EventsListener {
  message(message: Message): void
  /** Open, or lost and being opened again. */
  open(isOpen: boolean): void
  /** It could not be opened at all: the link may be over. */
  refused(): void
}

const FIRST_MS = 400
const MOST_MS = 8_000

export function eventsUrl(base: string, token: string, after: number | null): string {
  const url = new URL(`/api/join/${encodeURIComponent(token)}/events`, base)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  if (after !== null) url.searchParams.set('after', String(after))
  return url.href
}

export class Events {
  private socket: WebSocket | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private last: number | null = null
  private attempt = 0
  private closed = false
  /** Leaving must not be lost to a socket that is just being opened again. */
  private leaving = false

  constructor(
    private readonly token: string,
    private readonly listener: EventsListener,
    private readonly base: string = window.location.href,
    private readonly create: (url: string) => WebSocket = (url) => new WebSocket(url),
  ) {}

  connect(): void {
    if (this.closed || this.socket !== null) return
    clearTimeout(this.timer)
    const socket = this.create(eventsUrl(this.base, this.token, this.last))
    this.socket = socket
    let opened = false
    socket.onopen = () => {
      opened = true
      this.attempt = 0
      this.listener.open(true)
      if (this.leaving) this.tell('leave')
    }
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (typeof event.data === 'string') this.receive(event.data)
    }
    socket.onclose = () => {
      if (this.socket !== socket) return
      this.socket = null
      if (this.closed) return
      this.listener.open(false)
      if (!opened) this.listener.refused()
      // What was told may have closed us.
      if (!this.closed) this.later()
    }
  }

  /** False: it is not open now. Leaving is kept until it is. */
  send(command: Command): boolean {
    if (command === 'leave') this.leaving = true
    return this.tell(command)
  }

  /** False: it is not open now. */
  stopRecording(deleteSoFar: boolean): boolean {
    return this.say({ type: 'stop_recording', delete_so_far: deleteSoFar })
  }

  /** Tries at once instead of waiting: the network is back. */
  hurry(): void {
    this.attempt = 0
    this.connect()
  }

  close(): void {
    this.closed = true
    clearTimeout(this.timer)
    this.socket?.close(1000)
    this.socket = null
  }

  private tell(command: Command): boolean {
    return this.say({ type: command })
  }

  private say(message: { type: Command } | StopRecording): boolean {
    if (this.socket?.readyState !== 1) return false
    this.socket.send(JSON.stringify(message))
    return true
  }

  private receive(text: string): void {
    let message: Message
    try {
      message = JSON.parse(text) as Message
    } catch {
      return
    }
    // A complaint comes under the number of the last message.
    if (this.last !== null && message.seq <= this.last && message.type !== 'error') return
    this.last = Math.max(this.last ?? 0, message.seq)
    if (message.type === 'state' && message.value === 'ended') this.close()
    this.listener.message(message)
  }

  private later(): void {
    this.timer = setTimeout(() => this.connect(), backoff(this.attempt, FIRST_MS, MOST_MS))
    this.attempt += 1
  }
}
