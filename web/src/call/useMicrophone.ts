/** The microphone for components. The session receives every stream that must be sent. */

import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { type Devices, Microphone, MicrophoneError, type MicrophoneFault } from './microphone'
import type { CallSession } from './session'

export interface MicrophoneView {
  stream: MediaStream | null
  devices: Devices
  deviceId: string
  speaker: string
  fault: MicrophoneFault | null
  asking: boolean
  start: () => Promise<void>
  choose: (deviceId: string) => Promise<void>
  chooseSpeaker: (deviceId: string) => void
  /** Releases the microphone, so that the browser's recording indicator disappears. */
  stop: () => void
}

const NONE: Devices = { microphones: [], speakers: [] }

export function useMicrophone(session: CallSession): MicrophoneView {
  const [stream, setStream] = useState<MediaStream | null>(null)
  const [devices, setDevices] = useState<Devices>(NONE)
  const [deviceId, setDeviceId] = useState('')
  const [speaker, setSpeaker] = useState('')
  const [fault, setFault] = useState<MicrophoneFault | null>(null)
  const [asking, setAsking] = useState(false)
  const microphone = useRef<Microphone | null>(null)

  useEffect(() => {
    const made = new Microphone({
      stream: (now) => {
        setStream(now)
        setDeviceId(made.deviceId)
        session.use(now)
      },
      devices: setDevices,
      fault: setFault,
    })
    microphone.current = made
    return () => made.close()
  }, [session])

  const tried = useCallback(async (work: (microphone: Microphone) => Promise<void>) => {
    if (microphone.current === null) return
    setAsking(true)
    try {
      await work(microphone.current)
    } catch (error) {
      setFault(error instanceof MicrophoneError ? error.fault : 'unknown')
    } finally {
      setAsking(false)
    }
  }, [])

  const start = useCallback(() => tried((made) => made.start()), [tried])
  const choose = useCallback((id: string) => tried((made) => made.choose(id)), [tried])
  const chooseSpeaker = useCallback(
    (id: string) => {
      setSpeaker(id)
      void session.chooseSpeaker(id)
    },
    [session],
  )
  const stop = useCallback(() => {
    microphone.current?.close()
    setStream(null)
  }, [])
  return useMemo(
    () => ({ stream, devices, deviceId, speaker, fault, asking, start, choose, chooseSpeaker, stop }),
    [stream, devices, deviceId, speaker, fault, asking, start, choose, chooseSpeaker, stop],
  )
}
