/** The page `/join/{token}`: the invitation, the sound check, the conversation, and the thanks. */

import './call.css'
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react'
import { type Invitation, invitation, isOver } from '../engine/api'
import { Screen } from '../ui/Screen'
import { Conversation } from './Conversation'
import { SoundCheck } from './SoundCheck'
import { Thanks } from './Thanks'
import { TooEarly } from './TooEarly'
import { Welcome } from './Welcome'
import { TroubleScreen } from './help'
import { CallSession } from './session'
import { type Trouble, troubleOf } from './trouble'
import { useMicrophone } from './useMicrophone'

type Found = { invited: Invitation } | { trouble: Trouble }

export function CallPage({ token }: { token: string }) {
  const [found, setFound] = useState<Found | null>(null)
  const look = useCallback(async () => {
    setFound(null)
    try {
      setFound({ invited: await invitation(token) })
    } catch (error) {
      setFound({ trouble: troubleOf(error) })
    }
  }, [token])
  useEffect(() => void look(), [look])

  if (found === null) {
    return (
      <Screen name="loading" title="Your interview" label="Interview">
        <p className="lead">One moment…</p>
      </Screen>
    )
  }
  if ('trouble' in found) return <TroubleScreen trouble={found.trouble} onRetry={() => void look()} />
  if (isOver(found.invited.status)) return <Thanks invited={found.invited} outcome={found.invited} again />
  if (found.invited.opens_in_seconds > 0) return <TooEarly invited={found.invited} onTime={() => void look()} />
  return <Call token={token} invited={found.invited} />
}

function Call({ token, invited }: { token: string; invited: Invitation }) {
  const [session, setSession] = useState<CallSession | null>(null)
  useEffect(() => {
    const made = new CallSession(token, invited.ice_servers ?? [])
    setSession(made)
    return () => made.close()
  }, [token, invited])
  return session === null ? null : <Stages session={session} invited={invited} />
}

function Stages({ session, invited }: { session: CallSession; invited: Invitation }) {
  const view = useSyncExternalStore(session.subscribe, session.view)
  const microphone = useMicrophone(session)
  const [checking, setChecking] = useState(false)
  const over = view.stage === 'over'
  const { stop } = microphone
  useEffect(() => {
    if (over) stop()
  }, [over, stop])

  if (view.trouble !== null && view.stage !== 'joining') {
    return <TroubleScreen trouble={view.trouble} onRetry={(takeover) => void session.join(takeover)} />
  }
  switch (view.stage) {
    case 'idle':
      return checking ? (
        <SoundCheck
          microphone={microphone}
          resumed={invited.status === 'in_progress'}
          onBack={() => setChecking(false)}
          onReady={() => {
            void session.chooseSpeaker(microphone.speaker)
            // Somebody who left in the middle returns. Whatever is still open of the old call is
            // theirs, so the call is not taken over from anybody else.
            void session.join(false)
          }}
        />
      ) : (
        <Welcome invited={invited} onContinue={() => setChecking(true)} />
      )
    case 'joining':
      return (
        <Screen name="joining" title="Connecting…" label="Connecting">
          <p className="lead">The interviewer will greet you in a moment.</p>
        </Screen>
      )
    case 'live':
      return <Conversation session={session} view={view} microphone={microphone} invited={invited} />
    case 'over':
      // It takes a moment until the engine has stored how the interview ended.
      if (!view.settled) return <Screen name="ending" title="Thank you" children={null} />
      return (
        <Thanks
          invited={invited}
          outcome={view.outcome}
          participation={view.conversation.participation}
          recording={view.conversation.recording}
        />
      )
  }
}
