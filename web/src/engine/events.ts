/**
 * The events socket: what the engine tells the page, and what the page requests. It reconnects by
 * itself.
 */

import { backoff } from './backoff'

export type CallState = 'connecting' | 'preparing' | 'listening' | 'thinking' | 'speaking' | 'paused' | 'ended'
export type Speaker = 'interviewer' | 'respondent'
export type Command = 'pause' | 'resume' | 'leave' | 'repeat'

/** Withdraws consent to record. What was recorded so far is deleted or kept. */
export interface StopRecording {
  type: 'stop_recording'
  delete_so_far: boolean
}

export type Message = { seq: number; at_ms: number } & (
  /** `reason` accompanies `paused`. Only a pause that was requested waits for `resume`. */
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
  /** With `call_id`, the message is for the page of that call only. */
  | { type: 'error'; title: string; detail: string; call_id?: string }
)

export interface EventsListener {
  message(message: Message): void
  /** The socket is open, or was lost and is being reopened. */
  open(isOpen: boolean): void
  /** The socket could not be opened at all, so the link may no longer be valid. */
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
  /** True if `leave` must be sent as soon as the socket is open again. */
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
      // The listener may have closed the socket.
      if (!this.closed) this.later()
    }
  }

  /** Sends a command. Returns false if the socket is not open now. `leave` is then sent later. */
  send(command: Command): boolean {
    if (command === 'leave') this.leaving = true
    return this.tell(command)
  }

  /** Returns false if the socket is not open now. */
  stopRecording(deleteSoFar: boolean): boolean {
    return this.say({ type: 'stop_recording', delete_so_far: deleteSoFar })
  }

  /** Reconnects at once instead of waiting, because the network is back. */
  reconnectNow(): void {
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
    // An error message has the number of the message before it.
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
