/**
 * Shown when the link was opened before its time. The page says when the link opens, and continues
 * by itself then.
 */

import { useEffect } from 'react'
import type { Invitation } from '../engine/api'
import { Screen, Status } from '../ui/Screen'

/**
 * The longest pause between checks. Timers are limited to 31 bits of milliseconds, and clocks may
 * be corrected, so the page checks at least every hour.
 */
const LONGEST_S = 3_600

/** Returns the milliseconds until the next check. The engine's clock decides, not this device's. */
export function lookAgainMs(opensInSeconds: number): number {
  return Math.min(Math.max(opensInSeconds, 1), LONGEST_S) * 1_000
}

function said(time: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' }).format(new Date(time))
}

export function TooEarly({ invited, onTime }: { invited: Invitation; onTime: () => void }) {
  useEffect(() => {
    const timer = setTimeout(onTime, lookAgainMs(invited.opens_in_seconds))
    return () => clearTimeout(timer)
  }, [invited, onTime])
  const name = invited.respondent_name
  return (
    <Screen
      name="too-early"
      title="Your interview has not begun yet"
      above={<p className="above">{invited.call_guide_name}</p>}
    >
      <p className="lead">
        {name === null ? 'It is planned for ' : `${name}, it is planned for `}
        <time dateTime={invited.scheduled_at ?? ''}>{said(invited.scheduled_at ?? '')}</time>, in the time of this device.
      </p>
      {invited.opens_at !== null && (
        <p>
          This link lets you in from <time dateTime={invited.opens_at}>{said(invited.opens_at)}</time> on.
        </p>
      )}
      <Status>You can leave this page open, and it will continue by itself. Or close it, and open the same link again at that time.</Status>
      <p className="soft">If the time does not suit you, ask the person who invited you for another one.</p>
    </Screen>
  )
}
