/** The microphone: requesting it, choosing one of several, and continuing when one is unplugged. */

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

/**
 * The constraints prevent the interviewer's voice from being heard as an answer, and set the volume
 * automatically.
 */
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
  // The property is absent on pages that were not loaded over https or from this machine, whatever
  // the types say.
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
  /** Another stream must be used from now on. */
  stream(stream: MediaStream): void
  devices(devices: Devices): void
  /** The microphone is gone and none replaces it, or (null) there is one again. */
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

  /** Requests the microphone. Throws [`MicrophoneError`]. */
  async start(): Promise<void> {
    this.use(await open(this.wanted))
    navigator.mediaDevices.addEventListener('devicechange', this.changed)
    // Browsers reveal the names only after permission was given.
    this.listener.devices(await present())
  }

  async choose(deviceId: string): Promise<void> {
    const stream = await open(deviceId)
    this.wanted = deviceId
    this.use(stream)
  }

  close(): void {
    this.closed = true
    // The property is absent on pages that never had a microphone.
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
      // The microphone was unplugged, or the person withdrew permission in the browser's settings.
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

  /** Switches to whatever microphone there is now. */
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
