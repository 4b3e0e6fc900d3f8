/**
 * A bar that follows the microphone's level. It is updated outside React, because it changes sixty
 * times per second.
 */

import { useEffect, useRef } from 'react'
import { SoundMonitor, type Hearing, follow, needle } from './level'
import { Meter } from './sound'

/**
 * The silence before the microphone counts as muted. Reading the hint and speaking takes this long.
 */
const PATIENCE_MS = 6_000

/** Calls `paint` with a value from 0 to 1 for each frame while there is a stream. */
export function useLevel(
  stream: MediaStream | null,
  paint: (level: number) => void,
  onHearing?: (hearing: Hearing) => void,
  patienceMs: number = PATIENCE_MS,
): void {
  const painting = useRef(paint)
  const hearing = useRef(onHearing)
  useEffect(() => {
    painting.current = paint
    hearing.current = onHearing
  })
  useEffect(() => {
    if (stream === null || stream.getAudioTracks().length === 0) return
    const meter = new Meter(stream)
    const monitor = new SoundMonitor(patienceMs)
    let [shown, before, said] = [0, performance.now(), 'unknown' as Hearing]
    hearing.current?.(said)
    let frame = requestAnimationFrame(function tick(now) {
      const db = meter.level()
      shown = follow(shown, needle(db), now - before)
      before = now
      painting.current(shown)
      const heard = monitor.listen(db, now)
      if (heard !== said) {
        said = heard
        hearing.current?.(heard)
      }
      frame = requestAnimationFrame(tick)
    })
    return () => {
      cancelAnimationFrame(frame)
      meter.close()
    }
  }, [stream, patienceMs])
}

export function LevelMeter({ stream, onHearing }: { stream: MediaStream; onHearing: (hearing: Hearing) => void }) {
  const bar = useRef<HTMLDivElement>(null)
  useLevel(stream, (level) => bar.current?.style.setProperty('--level', level.toFixed(3)), onHearing)
  // The words beside the bar say the same as the bar.
  return <div ref={bar} className="meter" aria-hidden="true" />
}
