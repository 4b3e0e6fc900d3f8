/** One peer connection to the engine: an offer, an answer, restarts. Never does: decide when. */

import { fragmentOf, withFragment } from '../engine/sdp'
import * as whip from '../engine/whip'

/**
 * How long candidates are collected before the offer is sent, in ms. This machine's own are
 * available at once, and waiting longer for others would delay the call.
 */
const GATHER_MS = 1_500

export interface LinkListener {
  state(state: RTCPeerConnectionState): void
  /** The engine closed the connection. */
  closedByEngine(): void
  track(stream: MediaStream): void
}

export class Link {
  readonly peer: RTCPeerConnection
  private call: whip.Call | null = null
  private readonly sender: RTCRtpSender
  /** Candidates that were found after the offer was sent. */
  private late: string[] = []
  private trickles = true
  /**
   * True once the description has been sent, so that candidates found from now on are not part of
   * it.
   */
  private sent = false
  /** True while the engine is about to name another session. Candidates wait for its name. */
  private restarting = false
  private closed = false

  constructor(microphone: MediaStream, iceServers: RTCIceServer[], listener: LinkListener) {
    this.peer = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' })
    const track = microphone.getAudioTracks()[0]
    if (track === undefined) throw new Error('the stream has no audio track')
    this.sender = this.peer.addTrack(track, microphone)
    this.peer.addEventListener('connectionstatechange', () => {
      if (!this.closed) listener.state(this.peer.connectionState)
    })
    this.peer.addEventListener('track', (event) => {
      if (!this.closed) listener.track(event.streams[0] ?? new MediaStream([event.track]))
    })
    this.peer.addEventListener('icecandidate', (event) => {
      if (!this.sent || event.candidate === null) return
      this.late.push(event.candidate.candidate)
      void this.trickle()
    })
    this.closedByEngine = () => {
      if (!this.closed) listener.closedByEngine()
    }
  }

  private readonly closedByEngine: () => void

  /** Joins the call. Errors are the engine's. */
  async join(token: string, takeover: boolean): Promise<void> {
    const offer = await this.gather({})
    const call = await whip.join(token, offer, takeover)
    if (this.closed) {
      whip.hangUp(call)
      return
    }
    await this.peer.setRemoteDescription({ type: 'answer', sdp: call.answer })
    this.call = call
    const transport = this.sender.transport
    transport?.addEventListener('statechange', () => {
      if (transport.state === 'closed') this.closedByEngine()
    })
    await this.trickle()
  }

  /** Restarts ICE with new credentials and candidates in the same call. */
  async restart(): Promise<void> {
    const { call } = this
    if (call === null) throw new Error('there is no call to restart')
    const remote = this.peer.remoteDescription
    if (remote === null) throw new Error('there is no answer to restart')
    this.restarting = true
    try {
      const fragment = await whip.restart(call, fragmentOf(await this.gather({ iceRestart: true })))
      await this.peer.setRemoteDescription({ type: 'answer', sdp: withFragment(remote.sdp, fragment) })
    } finally {
      this.restarting = false
    }
    await this.trickle()
  }

  async use(microphone: MediaStream): Promise<void> {
    const track = microphone.getAudioTracks()[0]
    if (track !== undefined && !this.closed) await this.sender.replaceTrack(track)
  }

  /** Closes the connection without telling the engine, because another connection replaces it. */
  close(): void {
    this.closed = true
    this.peer.close()
  }

  /** The last part of the call's URL, or null until the engine has answered. */
  get callId(): string | null {
    return this.call?.url.split('/').pop() ?? null
  }

  hangUp(): void {
    const { call } = this
    this.call = null
    this.close()
    if (call !== null) whip.hangUp(call)
  }

  /** Returns a new local description with the candidates found in time. Later ones are trickled. */
  private async gather(options: RTCOfferOptions): Promise<string> {
    this.late = []
    this.sent = false
    const over = new AbortController()
    // The last candidate is awaited, because at a restart the gathering state is still that of the
    // previous session.
    const gathered = new Promise<void>((resolve) => {
      const last = (event: RTCPeerConnectionIceEvent): void => {
        if (event.candidate === null) resolve()
      }
      this.peer.addEventListener('icecandidate', last, { signal: over.signal })
    })
    const late = new Promise<void>((resolve) => setTimeout(resolve, GATHER_MS))
    await this.peer.setLocalDescription(await this.peer.createOffer(options))
    await Promise.race([gathered, late])
    over.abort()
    this.sent = true
    return this.peer.localDescription?.sdp ?? ''
  }

  private async trickle(): Promise<void> {
    const sdp = this.peer.localDescription?.sdp
    if (this.call === null || this.restarting || !this.trickles || this.late.length === 0 || sdp === undefined) return
    const candidates = this.late
    this.late = []
    try {
      await whip.trickle(this.call, fragmentOf(sdp, candidates))
    } catch {
      // The engine accepts no trickled candidates, so only those in the offer are used.
      this.trickles = false
    }
  }
}
