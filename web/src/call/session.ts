/**
 * The call as the page sees it: connection, events and recovery in one place, which components see
 * as a [`View`].
 *
 * Never does: draw anything, or request the microphone.
 */

import { type Invitation, invitation, isOver } from '../engine/api'
import { type Command, Events, type Message } from '../engine/events'
import { Problem } from '../engine/http'
import { type Conversation, silence, told } from './conversation'
import { Link } from './link'
import { type Effect, type Phase, type Recovery, type Signal, CONNECT_MS, next, steady } from './recovery'
import { canChooseSpeaker } from './sound'
import { type Trouble, troubleOf } from './trouble'

export interface View {
  stage: 'idle' | 'joining' | 'live' | 'over'
  conversation: Conversation
  recovery: Phase
  /** The number of joins attempted since the connection was lost, or before the first one. */
  attempts: number
  /** True if there has been a connection. */
  connectedOnce: boolean
  eventsOpen: boolean
  /** The reason why there is no call. */
  trouble: Trouble | null
  remote: MediaStream | null
  /** True if the browser requires a click before it plays sound. */
  soundBlocked: boolean
  leaving: boolean
  /** How the interview ended, once the engine has reported it. */
  outcome: Invitation | null
  /** True if nothing more can be learnt about how it ended. */
  settled: boolean
}

const BEGINNING: View = {
  stage: 'idle',
  conversation: silence,
  recovery: 'steady',
  attempts: 0,
  connectedOnce: false,
  eventsOpen: false,
  trouble: null,
  remote: null,
  soundBlocked: false,
  leaving: false,
  outcome: null,
  settled: false,
}

/** The time for the interviewer to say goodbye to somebody who leaves, in ms. */
const LEAVE_MS = 6_000

export class CallSession {
  private now: View = BEGINNING
  private readonly listeners = new Set<() => void>()
  private link: Link | null = null
  private events: Events | null = null
  private recovery: Recovery = steady
  private timer: ReturnType<typeof setTimeout> | undefined
  private leaveTimer: ReturnType<typeof setTimeout> | undefined
  private microphone: MediaStream | null = null
  private readonly player = new Audio()
  private readonly tabs = new BroadcastChannel('interview-call')
  /** Distinguishes tabs. `randomUUID` is missing on pages that were not loaded over https. */
  private readonly id = `${performance.timeOrigin}-${Math.random()}`
  private wake: WakeLockSentinel | null = null

  constructor(
    private readonly token: string,
    private readonly iceServers: RTCIceServer[],
  ) {
    this.player.autoplay = true
    this.tabs.onmessage = (event: MessageEvent<{ token: string; id: string }>) => {
      if (event.data.token === this.token && event.data.id !== this.id) this.takenOver()
    }
    window.addEventListener('online', this.online)
    window.addEventListener('pagehide', this.gone)
    document.addEventListener('visibilitychange', this.shown)
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  readonly view = (): View => this.now

  /** Uses another microphone from now on. */
  use(microphone: MediaStream): void {
    this.microphone = microphone
    void this.link?.use(microphone)
  }

  async chooseSpeaker(deviceId: string): Promise<void> {
    if (canChooseSpeaker()) await this.player.setSinkId(deviceId)
  }

  /** Starts the sound after a click, because browsers play nothing before. */
  async sound(): Promise<void> {
    try {
      await this.player.play()
      this.set({ soundBlocked: false })
    } catch (error) {
      // If another sound replaced this one, that is not a refusal.
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.set({ soundBlocked: true })
    }
  }

  async join(takeover: boolean): Promise<void> {
    if (this.now.stage === 'joining' || this.now.stage === 'live') return
    this.set({ stage: 'joining', trouble: null })
    try {
      await this.connect(takeover)
    } catch (error) {
      this.link?.close()
      this.link = null
      if (this.isAt('joining')) this.set({ stage: 'idle', trouble: troubleOf(error) })
      return
    }
    if (!this.isAt('joining')) return
    this.openEvents()
    // As after any other join, the call must connect in time, or is joined again.
    this.recovery = { phase: 'rejoining', since: Date.now(), attempt: 1, yielding: false }
    this.set({ stage: 'live', recovery: 'rejoining', attempts: 1 })
    this.wait(CONNECT_MS)
    if (this.link?.peer.connectionState === 'connected') this.signal({ type: 'link', state: 'connected' })
    void this.stayAwake()
  }

  command(command: Exclude<Command, 'leave'>): void {
    this.events?.send(command)
  }

  stopRecording(deleteSoFar: boolean): void {
    this.events?.stopRecording(deleteSoFar)
  }

  leave(): void {
    this.set({ leaving: true })
    this.events?.send('leave')
    this.leaveTimer = setTimeout(() => this.finish(), LEAVE_MS)
  }

  /** The person does not want to wait, or takes the call back. */
  reconnectNow(): void {
    this.signal({ type: 'reconnect_now' })
    this.events?.reconnectNow()
  }

  /** Ends the session without telling the engine, because the page is being left. */
  close(): void {
    this.gone()
    this.events?.close()
    clearTimeout(this.timer)
    clearTimeout(this.leaveTimer)
    this.tabs.close()
    window.removeEventListener('online', this.online)
    window.removeEventListener('pagehide', this.gone)
    document.removeEventListener('visibilitychange', this.shown)
    void this.wake?.release()
  }

  // --- The connection -------------------------------------------------------------------------------------------------

  private async connect(takeover: boolean): Promise<void> {
    if (this.microphone === null) throw new Error('there is no microphone')
    this.link?.close()
    const link: Link = new Link(this.microphone, this.iceServers, {
      state: (state) => {
        if (this.link === link) this.signal({ type: 'link', state })
      },
      closedByEngine: () => {
        if (this.link === link) this.signal({ type: 'closed_by_engine' })
      },
      track: (stream) => {
        if (this.link === link) this.play(stream)
      },
    })
    this.link = link
    await link.join(this.token, takeover)
    if (takeover) this.tabs.postMessage({ token: this.token, id: this.id })
  }

  private play(stream: MediaStream): void {
    this.player.srcObject = stream
    this.set({ remote: stream })
    void this.sound()
  }

  private signal(signal: Signal): void {
    if (this.now.stage !== 'live') return
    const before = this.recovery.phase
    const [recovery, effect] = next(this.recovery, signal, Date.now())
    this.recovery = recovery
    if (recovery.phase !== before) clearTimeout(this.timer)
    const connectedOnce = this.now.connectedOnce || recovery.phase === 'steady'
    this.set({ recovery: recovery.phase, attempts: recovery.attempt, connectedOnce })
    this.carryOut(effect)
  }

  private carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'wait':
        this.wait(effect.ms)
        break
      case 'restart':
        void this.restart()
        break
      case 'join':
        clearTimeout(this.timer)
        void this.rejoin(effect.takeover)
        break
      case 'none':
        break
    }
  }

  private wait(ms: number): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.signal({ type: 'timer' }), ms)
  }

  private async restart(): Promise<void> {
    try {
      await this.link?.restart()
      this.signal({ type: 'restarted' })
    } catch (error) {
      this.signal({ type: 'restart_failed', gone: error instanceof Problem && error.status === 404 })
    }
  }

  private async rejoin(takeover: boolean): Promise<void> {
    try {
      await this.connect(takeover)
      this.signal({ type: 'joined' })
    } catch (error) {
      const status = error instanceof Problem ? error.status : 0
      if (status === 404 || status === 410) {
        // The interview is usually over, and then the signal below has no effect.
        await this.check()
      }
      const retryAfterMs = error instanceof Problem && error.retryAfter !== null ? error.retryAfter * 1000 : null
      this.signal({ type: 'join_failed', elsewhere: status === 409 && !takeover, retryAfterMs })
    }
  }

  private takenOver(): void {
    if (this.now.stage !== 'live') return
    clearTimeout(this.timer)
    this.link?.close()
    this.recovery = { ...this.recovery, phase: 'elsewhere' }
    this.set({ recovery: 'elsewhere' })
  }

  // --- Events ---------------------------------------------------------------------------------------------------------

  private openEvents(): void {
    if (this.events !== null) return
    this.events = new Events(this.token, {
      message: (message) => this.told(message),
      open: (eventsOpen) => this.set({ eventsOpen }),
      refused: () => void this.check(),
    })
    this.events.connect()
  }

  private told(message: Message): void {
    if (message.type === 'error' && message.call_id !== undefined) {
      // Every page with this link receives the message. A page that is joining at this moment is
      // the one that took over.
      if (message.call_id === this.link?.callId) this.takenOver()
      return
    }
    this.set({ conversation: told(this.now.conversation, message) })
    if (message.type !== 'state') return
    if (message.value === 'ended') this.finish()
    else if (this.now.conversation.unheard) this.signal({ type: 'unheard' })
    else if (this.recovery.phase === 'restarting' && this.link?.peer.connectionState === 'connected') {
      // The engine receives this page again before the browser noticed a loss, so the browser
      // reports no change.
      this.signal({ type: 'link', state: 'connected' })
    }
  }

  /** Asks the engine whether the interview is over, because the link does not admit this page. */
  private async check(): Promise<void> {
    try {
      const outcome = await invitation(this.token)
      if (isOver(outcome.status)) this.finish(outcome)
    } catch (error) {
      if (error instanceof Problem && (error.status === 404 || error.status === 410)) {
        this.set({ trouble: troubleOf(error) })
        this.finish()
      }
    }
  }

  /** Ends the interview, or this page's part in it. */
  private finish(outcome?: Invitation): void {
    if (this.now.stage === 'over') return
    clearTimeout(this.timer)
    clearTimeout(this.leaveTimer)
    const farewell = this.link
    this.link = null
    this.events?.close()
    this.set({ stage: 'over', outcome: outcome ?? null, settled: outcome !== undefined, remote: null })
    void this.wake?.release()
    // The last packets of the goodbye are still being played.
    setTimeout(() => {
      farewell?.hangUp()
      this.player.srcObject = null
    }, 700)
    if (outcome === undefined) void this.learnOutcome()
  }

  /** Fetches how the interview ended. The engine stores it a moment after the last message. */
  private async learnOutcome(): Promise<void> {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      try {
        const outcome = await invitation(this.token)
        if (isOver(outcome.status)) {
          this.set({ outcome, settled: true })
          return
        }
      } catch {
        // The page can thank the respondent without it.
      }
      await new Promise((resolve) => setTimeout(resolve, 250 * (attempt + 1)))
    }
    this.set({ settled: true })
  }

  // --- The browser ----------------------------------------------------------------------------------------------------

  private readonly online = (): void => {
    if (this.now.stage === 'live' && this.recovery.phase !== 'elsewhere') this.reconnectNow()
  }

  /**
   * Lets the engine pause the interview at once, instead of waiting for packets that do not arrive.
   */
  private readonly gone = (): void => {
    this.link?.hangUp()
    this.link = null
  }

  private readonly shown = (): void => {
    if (document.visibilityState === 'visible' && this.now.stage === 'live') void this.stayAwake()
  }

  /** Keeps the screen on, because a phone that falls asleep ends the call. */
  private async stayAwake(): Promise<void> {
    try {
      this.wake = await navigator.wakeLock.request('screen')
    } catch {
      // The wake lock is not available here or not now. The call works without it.
    }
  }

  /** Reads the stage again, because it may have changed during an await. */
  private isAt(stage: View['stage']): boolean {
    return this.now.stage === stage
  }

  private set(change: Partial<View>): void {
    this.now = { ...this.now, ...change }
    for (const listener of this.listeners) listener()
  }
}
