/** The microphone: asking for it, choosing among several, and going on when one is unplugged. */

export type MicrophoneFault = 'blocked' | 'none' | 'busy' | 'insecure' | 'unknown'

export class MicrophoneError extends Error {
  constructor(
    readonly fault: MicrophoneFault,
    cause?: unknown,
  ) {
    super(`microphone: ${fault}`, { cause })
    this.name = 'MicrophoneError'
  }
}

export function faultOf(name: string): MicrophoneFault {
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'blocked'
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'none'
    case 'NotReadableError':
    case 'AbortError':
      return 'busy'
    default:
      return 'unknown'
  }
}

/** The interviewer's voice must not come back as an answer, and nobody should have to set a volume. */
export function constraints(deviceId: string): MediaTrackConstraints {
  return {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    channelCount: 1,
    ...(deviceId === '' ? {} : { deviceId: { exact: deviceId } }),
  }
}

async function open(deviceId: string): Promise<MediaStream> {
  // Absent on pages that did not come over https (or from this machine), whatever the types say.
  const devices = navigator.mediaDevices as MediaDevices | undefined
  if (devices === undefined) throw new MicrophoneError('insecure')
  try {
    return await devices.getUserMedia({ audio: constraints(deviceId) })
  } catch (cause) {
    throw new MicrophoneError(faultOf(cause instanceof Error ? cause.name : ''), cause)
  }
}

export interface Devices {
  microphones: MediaDeviceInfo[]
  speakers: MediaDeviceInfo[]
}

async function present(): Promise<Devices> {
  const all = await navigator.mediaDevices.enumerateDevices()
  return {
    microphones: all.filter((device) => device.kind === 'audioinput' && device.deviceId !== ''),
    speakers: all.filter((device) => device.kind === 'audiooutput' && device.deviceId !== ''),
  }
}

export interface MicrophoneListener {
  /** Another stream is to be used from now on. */
  stream(stream: MediaStream): void
  devices(devices: Devices): void
  /** It is gone, and none takes its place (null: there is one again). */
  fault(fault: MicrophoneFault | null): void
}

/** The microphone in use. */
export class Microphone {
  private current: MediaStream | null = null
  private wanted = ''
  private closed = false
  private readonly changed = (): void => void this.refresh()

  constructor(private readonly listener: MicrophoneListener) {}

  get stream(): MediaStream | null {
    return this.current
  }

  get deviceId(): string {
    return this.current?.getAudioTracks()[0]?.getSettings().deviceId ?? this.wanted
  }

  /** Asks for it; throws [`MicrophoneError`]. */
  async start(): Promise<void> {
    this.use(await open(this.wanted))
    navigator.mediaDevices.addEventListener('devicechange', this.changed)
    // Names are told only after permission was given.
    this.listener.devices(await present())
  }

  async choose(deviceId: string): Promise<void> {
    const stream = await open(deviceId)
    this.wanted = deviceId
    this.use(stream)
  }

  close(): void {
    this.closed = true
    // Absent where there never was a microphone.
    if (this.current !== null) navigator.mediaDevices.removeEventListener('devicechange', this.changed)
    this.drop()
  }

  private use(stream: MediaStream): void {
    if (this.closed) {
      for (const track of stream.getTracks()) track.stop()
      return
    }
    this.drop()
    this.current = stream
    for (const track of stream.getAudioTracks()) {
      // Unplugged, or taken back by the person in the browser's settings.
      track.addEventListener('ended', () => {
        if (this.current === stream) void this.replace()
      })
    }
    this.listener.stream(stream)
    this.listener.fault(null)
  }

  private drop(): void {
    const old = this.current
    this.current = null
    for (const track of old?.getTracks() ?? []) track.stop()
  }

  private async refresh(): Promise<void> {
    const devices = await present()
    if (this.closed) return
    this.listener.devices(devices)
    const live = this.current?.getAudioTracks().some((track) => track.readyState === 'live') ?? false
    if (!live) await this.replace()
  }

  /** Whatever microphone there is now. */
  private async replace(): Promise<void> {
    if (this.closed) return
    this.wanted = ''
    try {
      this.use(await open(''))
    } catch (error) {
      this.listener.fault(error instanceof MicrophoneError ? error.fault : 'unknown')
    }
  }
}
