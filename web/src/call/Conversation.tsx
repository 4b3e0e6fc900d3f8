/** The conversation: who is speaking, the captions, the progress, and the available commands. */

import { useRef, useState } from 'react'
import type { Invitation } from '../engine/api'
import type { CallState } from '../engine/events'
import { Dialog } from '../ui/Dialog'
import { Screen, Status } from '../ui/Screen'
import { Captions } from './Captions'
import { DevicePicker } from './DevicePicker'
import { LevelMeter, useLevel } from './LevelMeter'
import { MicrophoneHelp } from './help'
import { progress } from './conversation'
import type { CallSession, View } from './session'
import type { MicrophoneView } from './useMicrophone'

interface ConversationProps {
  session: CallSession
  view: View
  microphone: MicrophoneView
  invited: Invitation
}

/** The silence before the microphone counts as muted. Thinking of an answer usually takes less. */
const TURN_PATIENCE_MS = 12_000

/**
 * The state that is shown: the engine's state, unless the state of the connection is more urgent.
 */
type Mood = CallState | 'reconnecting'

const SAID: Record<Mood, string> = {
  connecting: 'Connecting…',
  preparing: 'The interviewer will be with you in a moment',
  listening: 'Your turn: the interviewer is listening',
  thinking: 'One moment…',
  speaking: 'The interviewer is speaking',
  paused: 'Paused',
  ended: 'The interview is over',
  reconnecting: 'Connection lost. Reconnecting…',
}

// A screen reader would talk over the interviewer while it speaks or is about to, so `Status` below
// is then empty.
function moodOf(view: View): Mood {
  if (!view.connectedOnce) return 'connecting'
  // A short interruption ends by itself, so it is not shown.
  if (view.recovery === 'restarting' || view.recovery === 'rejoining') return 'reconnecting'
  if (view.conversation.unheard) return 'reconnecting'
  return view.conversation.state
}

export function Conversation({ session, view, microphone, invited }: ConversationProps) {
  const [leaving, setLeaving] = useState(false)
  const [settings, setSettings] = useState(false)
  const [unrecording, setUnrecording] = useState(false)
  const stopRecording = (deleteSoFar: boolean) => {
    setUnrecording(false)
    session.stopRecording(deleteSoFar)
  }
  const { conversation, recovery } = view
  const mood = moodOf(view)
  const paused = mood === 'paused'

  if (recovery === 'lost' || recovery === 'elsewhere') {
    return <Interrupted elsewhere={recovery === 'elsewhere'} onReturn={() => session.reconnectNow()} />
  }
  return (
    <Screen name="conversation" title={invited.call_guide_name} label={`Interview: ${SAID[mood]}`} wide>
      <Progress view={view} />
      <div className="stage" data-mood={mood}>
        <Orb mood={mood} own={microphone.stream} theirs={view.remote} />
        <p className="mood">{view.leaving ? 'Saying goodbye…' : SAID[mood]}</p>
        <Status className="hidden">{mood === 'speaking' || mood === 'thinking' ? '' : SAID[mood]}</Status>
        <Advice session={session} view={view} microphone={microphone} mood={mood} />
      </div>
      <Captions conversation={conversation} />
      <div className="actions bar" role="group" aria-label="The call">
        <button
          type="button"
          className={paused ? 'main' : ''}
          disabled={mood === 'connecting' || mood === 'reconnecting' || view.leaving}
          onClick={() => session.command(paused ? 'resume' : 'pause')}
        >
          {paused ? 'Resume' : 'Pause'}
        </button>
        <button
          type="button"
          // The interviewer repeats when it is your turn; while it speaks there is nothing to repeat yet.
          disabled={mood !== 'listening' || view.leaving}
          onClick={() => session.command('repeat')}
        >
          Please repeat
        </button>
        <button type="button" className="quiet" onClick={() => setSettings(true)}>
          Sound
        </button>
        {conversation.recording === true && (
          <button type="button" className="quiet" disabled={view.leaving} onClick={() => setUnrecording(true)}>
            Stop recording
          </button>
        )}
        <button type="button" className="quiet" disabled={view.leaving} onClick={() => setLeaving(true)}>
          Leave
        </button>
      </div>
      {unrecording && (
        <Dialog title="Stop recording?" onClose={() => setUnrecording(false)}>
          <p>The interview continues without a recording. What was recorded so far can stay, or be deleted.</p>
          <div className="actions">
            <button type="button" className="main" onClick={() => stopRecording(true)}>
              Stop and delete it
            </button>
            <button type="button" onClick={() => stopRecording(false)}>
              Stop and keep it
            </button>
            <button type="button" className="quiet" onClick={() => setUnrecording(false)}>
              Continue recording
            </button>
          </div>
        </Dialog>
      )}
      {settings && (
        <Dialog title="Sound settings" onClose={() => setSettings(false)}>
          {microphone.stream !== null && <LevelMeter stream={microphone.stream} onHearing={() => undefined} />}
          <DevicePicker kind="microphone" microphone={microphone} />
          <DevicePicker kind="speaker" microphone={microphone} />
          {microphone.devices.microphones.length < 2 && <p>There is one microphone on this device; it is in use.</p>}
          <div className="actions">
            <button type="button" className="main" onClick={() => setSettings(false)}>
              Done
            </button>
          </div>
        </Dialog>
      )}
      {leaving && (
        <Dialog title="Leave the interview?" onClose={() => setLeaving(false)}>
          <p>
            The interview ends and cannot be continued.{' '}
            {conversation.participation === true ? 'What you have answered is kept.' : 'Nothing you said is kept.'} If
            you only need a break, pause it instead: you can come back with the same link.
          </p>
          <div className="actions">
            <button type="button" className="main" onClick={() => setLeaving(false)}>
              Stay
            </button>
            <button
              type="button"
              className="quiet"
              onClick={() => {
                setLeaving(false)
                session.leave()
              }}
            >
              Leave and end it
            </button>
          </div>
        </Dialog>
      )}
    </Screen>
  )
}

function Progress({ view }: { view: View }) {
  const { question } = view.conversation
  const text =
    question === null
      ? 'First: your consent'
      : `Question ${question.number} of ${question.of}${question.followUp ? ', one more on this' : ''}`
  return (
    <div className="progress">
      <label htmlFor="progress">{text}</label>
      <progress id="progress" max={1} value={progress(view.conversation)} />
    </div>
  )
}

/**
 * Follows the voice of whoever speaks. It is decoration, because the words beside it say the same.
 */
function Orb({ mood, own, theirs }: { mood: Mood; own: MediaStream | null; theirs: MediaStream | null }) {
  const orb = useRef<HTMLDivElement>(null)
  const voice = mood === 'speaking' ? theirs : mood === 'listening' ? own : null
  useLevel(voice, (level) => orb.current?.style.setProperty('--level', level.toFixed(3)))
  return (
    <div ref={orb} className="orb" aria-hidden="true">
      <span />
      <span />
      <span />
    </div>
  )
}

interface AdviceProps {
  session: CallSession
  view: View
  microphone: MicrophoneView
  mood: Mood
}

/** Advice for the present moment. Its place is reserved, so that nothing moves when it appears. */
function Advice({ session, view, microphone, mood }: AdviceProps) {
  const [silent, setSilent] = useState(false)
  // The microphone is judged only during the respondent's turn, because it is silent while they
  // listen.
  const listened = mood === 'listening' ? microphone.stream : null
  useLevel(listened, () => undefined, (hearing) => setSilent(hearing === 'silent'), TURN_PATIENCE_MS)
  const complaint = view.conversation.complaint
  return (
    <div className="advice">
      <div role="alert">
        {microphone.fault !== null && (
          <>
            <MicrophoneHelp fault={microphone.fault} />
            <button type="button" onClick={() => void microphone.start()}>
              Try again
            </button>
          </>
        )}
      </div>
      {view.soundBlocked && (
        <button type="button" className="main" onClick={() => void session.sound()}>
          Turn the sound on
        </button>
      )}
      {mood === 'reconnecting' && (
        <>
          <p>The interview waits for you and continues with the same question. You do not have to do anything.</p>
          <button type="button" onClick={() => session.reconnectNow()}>
            Try now
          </button>
        </>
      )}
      {mood === 'connecting' && view.attempts > 1 && (
        <p>This takes longer than usual. A VPN or a strict office network can block calls, so try without it.</p>
      )}
      {mood === 'paused' && <p>Take your time. You can also close this window and come back with the same link.</p>}
      {mood === 'listening' && silent && microphone.fault === null && (
        <p>Your microphone picks up no sound at the moment. Is it muted?</p>
      )}
      {mood === 'listening' && !silent && complaint !== null && complaint.seq >= lastCaption(view) && (
        <p>
          {complaint.title}: {complaint.detail}
        </p>
      )}
    </div>
  )
}

function lastCaption(view: View): number {
  return view.conversation.captions.at(-1)?.seq ?? 0
}

function Interrupted({ elsewhere, onReturn }: { elsewhere: boolean; onReturn: () => void }) {
  return (
    <Screen
      name={elsewhere ? 'elsewhere' : 'lost'}
      title={elsewhere ? 'The interview continues in another window' : 'The connection was lost'}
    >
      <p className="lead">
        {elsewhere
          ? 'You opened it somewhere else, so this window was disconnected.'
          : 'This page tried to reconnect for some minutes. Your answers are safe, and the interview waits for you.'}
      </p>
      {!elsewhere && <p>Check that you are online, then try again, now or later with the same link.</p>}
      <div className="actions">
        <button type="button" className="main" onClick={onReturn}>
          {elsewhere ? 'Continue here instead' : 'Try again'}
        </button>
      </div>
    </Screen>
  )
}
