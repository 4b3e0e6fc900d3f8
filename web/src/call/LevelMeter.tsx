/** A bar that follows the microphone. It moves outside React: sixty times a second is no affair of components. */

import { useEffect, useRef } from 'react'
import { Ear, type Hearing, follow, needle } from './level'
import { Meter } from './sound'

/** Speaking, reading the hint and wondering takes this long. */
const PATIENCE_MS = 6_000

/** Calls `paint` with 0…1 for as long as there is a stream. */
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
    const ear = new Ear(patienceMs)
    let [shown, before, said] = [0, performance.now(), 'unknown' as Hearing]
    hearing.current?.(said)
    let frame = requestAnimationFrame(function tick(now) {
      const db = meter.level()
      shown = follow(shown, needle(db), now - before)
      before = now
      painting.current(shown)
      const heard = ear.listen(db, now)
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
  // What it shows is said in words beside it.
  return <div ref={bar} className="meter" aria-hidden="true" />
}
