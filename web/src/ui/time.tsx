/** Times, durations and shares as people write them, in the reader's own time zone. */

const DAY_AND_TIME = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' })

interface TimeProps {
  at: string | null | undefined
  /** Only the day. */
  day?: boolean
  /** What is shown where there is no time. */
  none?: string
}

export function Time({ at, day = false, none = '–' }: TimeProps) {
  if (at === null || at === undefined) return <>{none}</>
  return <time dateTime={at}>{(day ? DAY : DAY_AND_TIME).format(new Date(at))}</time>
}

/** Returns a duration such as `4 min 05 s`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** Returns a place in a recording such as `4:05`. */
export function clock(ms: number): string {
  const whole = Math.floor(ms / 1000)
  const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const tail = String(seconds).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`
}

/** Returns a share of 1 as whole per cent. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

const NUMBER = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 2 })

export function number(value: number): string {
  return NUMBER.format(value)
}
