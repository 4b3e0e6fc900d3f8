/** The check of the microphone and the speaker. */

import { useState } from 'react'
import { Screen, Status } from '../ui/Screen'
import { DevicePicker } from './DevicePicker'
import { LevelMeter } from './LevelMeter'
import { MicrophoneHelp } from './help'
import type { Hearing } from './level'
import { testSound } from './sound'
import type { MicrophoneView } from './useMicrophone'

interface SoundCheckProps {
  microphone: MicrophoneView
  resumed: boolean
  onReady: () => void
  onBack: () => void
}

const SAID: Record<Hearing, string> = {
  unknown: 'Say something, such as “Hello, can you hear me?”',
  heard: 'Your microphone works.',
  silent:
    'Your microphone picks up no sound. Is it muted, on the headset or in the settings of your device? Is another one chosen below?',
}

export function SoundCheck({ microphone, resumed, onReady, onBack }: SoundCheckProps) {
  const [hearing, setHearing] = useState<Hearing>('unknown')
  const [sounding, setSounding] = useState(false)
  const [soundFailed, setSoundFailed] = useState(false)
  const { stream, fault, asking } = microphone

  async function sound(): Promise<void> {
    setSounding(true)
    try {
      await testSound(microphone.speaker)
      setSoundFailed(false)
    } catch {
      setSoundFailed(true)
    } finally {
      setSounding(false)
    }
  }

  return (
    <Screen name="check" title="Sound check" label="Sound check">
      <p className="lead">A quiet room and a headset are best, but neither is required.</p>
      <section className="card" aria-labelledby="microphone">
        <h2 id="microphone">Your microphone</h2>
        {stream === null && fault === null && (
          <>
            <p>Your browser asks whether this page may use the microphone. Please choose “Allow”.</p>
            <button type="button" className="main" disabled={asking} onClick={() => void microphone.start()}>
              {asking ? 'Waiting for your answer…' : 'Use the microphone'}
            </button>
          </>
        )}
        {stream !== null && fault === null && (
          <>
            <LevelMeter stream={stream} onHearing={setHearing} />
            <Status className={hearing === 'heard' ? 'status hearing good' : 'status hearing'}>{SAID[hearing]}</Status>
            <DevicePicker kind="microphone" microphone={microphone} />
          </>
        )}
        <div role="alert">
          {fault !== null && (
            <>
              <MicrophoneHelp fault={fault} />
              {fault !== 'insecure' && (
                <button type="button" className="main" disabled={asking} onClick={() => void microphone.start()}>
                  Try again
                </button>
              )}
            </>
          )}
        </div>
      </section>
      <section className="card" aria-labelledby="speaker">
        <h2 id="speaker">Your speaker</h2>
        <DevicePicker kind="speaker" microphone={microphone} />
        <p>You should hear three soft notes. If not, turn the volume up.</p>
        <button type="button" disabled={sounding} onClick={() => void sound()}>
          Play a test sound
        </button>
        <Status>
          {sounding ? 'Playing…' : soundFailed ? 'It could not be played. Choose another speaker.' : ''}
        </Status>
      </section>
      <div className="actions">
        <button type="button" className="main" disabled={stream === null || fault !== null} onClick={onReady}>
          {resumed ? 'Continue the interview' : 'Start the interview'}
        </button>
        <button type="button" className="quiet" onClick={onBack}>
          Back
        </button>
      </div>
    </Screen>
  )
}
