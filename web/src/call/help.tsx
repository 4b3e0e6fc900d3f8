/** Help when something prevents the call, in plain words, with the most likely solution first. */

import { type ReactNode, useEffect, useState } from 'react'
import { Screen, Status } from '../ui/Screen'
import type { MicrophoneFault } from './microphone'
import type { Trouble } from './trouble'

interface TroubleProps {
  trouble: Trouble
  /** Tries again. `takeover` ends the call that is open elsewhere. */
  onRetry: (takeover: boolean) => void
}

interface Help {
  title: string
  text: ReactNode
  retry?: string
}

function helpOf(trouble: Trouble): Help {
  switch (trouble.kind) {
    case 'unknown':
      return {
        title: 'This link is not known',
        text: (
          <p>
            A part of it may be missing. Open the complete link again from the message that you were sent, or ask
            the person who invited you for a new one.
          </p>
        ),
      }
    case 'expired':
      return {
        title: 'This link has expired',
        text: (
          <p>
            It was valid for a limited time, which is over. If you would still like to take part, ask the person who
            invited you for a new link.
          </p>
        ),
      }
    case 'elsewhere':
      return {
        title: 'This interview is open somewhere else',
        text: (
          <p>
            Another window or another device is in this call now. You can continue here instead. The other one is then
            disconnected, and no answer is lost.
          </p>
        ),
        retry: 'Continue here instead',
      }
    case 'full':
      return {
        title: 'All lines are busy',
        text: <p>The interviewer is talking with as many people as it can. It seldom takes long until a line is free.</p>,
        retry: 'Try now',
      }
    case 'offline':
      return {
        title: 'The interviewer cannot be reached',
        text: (
          <>
            <p>Your device may be offline, or the interviewer is being restarted. Nothing is lost.</p>
            <ul>
              <li>Check that you are online, for example by opening another page.</li>
              <li>If you use a VPN, try without it.</li>
            </ul>
          </>
        ),
        retry: 'Try again',
      }
    case 'browser':
      return {
        title: 'This browser cannot make the call',
        text: (
          <>
            <p>Open the link in a current Chrome, Edge, Firefox or Safari, and not inside another app.</p>
            {trouble.detail !== '' && <p className="soft small">Details: {trouble.detail}</p>}
          </>
        ),
        retry: 'Try again',
      }
    case 'engine':
      return {
        title: 'The call could not begin',
        text: (
          <>
            <p>The interviewer has a technical fault. Nothing is wrong on your side. Try again in a moment.</p>
            <p className="soft small">Details: {trouble.detail}</p>
          </>
        ),
        retry: 'Try again',
      }
  }
}

export function TroubleScreen({ trouble, onRetry }: TroubleProps) {
  const help = helpOf(trouble)
  return (
    <Screen name={`trouble-${trouble.kind}`} title={help.title}>
      {help.text}
      {trouble.kind === 'full' && <Countdown seconds={trouble.retryAfter} onOver={() => onRetry(false)} />}
      {help.retry !== undefined && (
        <div className="actions">
          <button type="button" className="main" onClick={() => onRetry(trouble.kind === 'elsewhere')}>
            {help.retry}
          </button>
        </div>
      )}
    </Screen>
  )
}

/** Tries again after a countdown, unless the person stops it. */
function Countdown({ seconds, onOver }: { seconds: number; onOver: () => void }) {
  const [left, setLeft] = useState(Math.max(1, seconds))
  const [running, setRunning] = useState(true)
  useEffect(() => {
    if (!running) return
    const timer = setTimeout(() => {
      if (left > 1) setLeft(left - 1)
      else onOver()
    }, 1_000)
    return () => clearTimeout(timer)
  }, [left, running, onOver])
  return (
    <div className="card">
      {/* The text is read out once. Reading out the count every second would not help. */}
      <Status>{running ? 'This page tries again by itself. You can leave it open.' : 'This page waits for you.'}</Status>
      <p aria-hidden="true" className="count">
        {running ? `Next try in ${left} s` : 'Not trying'}
      </p>
      <button type="button" className="quiet" onClick={() => setRunning(!running)}>
        {running ? 'Stop trying' : 'Try automatically again'}
      </button>
    </div>
  )
}

/** Help with the microphone, inside a screen. */
export function MicrophoneHelp({ fault }: { fault: MicrophoneFault }) {
  switch (fault) {
    case 'blocked':
      return (
        <>
          <h2>Your browser does not allow this page to use the microphone</h2>
          <ol>
            <li>Click the icon beside the address of this page (a microphone, a lock or two sliders).</li>
            <li>Set “Microphone” to “Allow”.</li>
            <li>Come back here and press “Try again”.</li>
          </ol>
          <p className="soft small">
            On a phone, check its settings as well. The browser itself needs permission to use the microphone.
          </p>
        </>
      )
    case 'none':
      return (
        <>
          <h2>No microphone was found</h2>
          <p>Plug one in, or connect your headset, and press “Try again”. A phone has one built in.</p>
        </>
      )
    case 'busy':
      return (
        <>
          <h2>The microphone is in use</h2>
          <p>Another program seems to use it. Close other calls and recorders, then press “Try again”.</p>
        </>
      )
    case 'insecure':
      return (
        <>
          <h2>This page cannot use a microphone</h2>
          <p>
            Browsers allow it only on addresses that begin with https://. Ask the person who invited you for such a
            link.
          </p>
        </>
      )
    case 'unknown':
      return (
        <>
          <h2>The microphone did not start</h2>
          <p>Close this window, open the link again, or try another browser.</p>
        </>
      )
  }
}
