/**
 * One recording that is played: what is heard now, and how fast.
 *
 * Owns: the audio element. Never does: know what is said in it.
 */

import { useEffect, useMemo, useRef, useState } from 'react'

export const SPEEDS = [0.75, 1, 1.25, 1.5, 1.75, 2] as const
export const STEP_S = 5

export interface Player {
  /** For the `<audio>` element. */
  ref: (element: HTMLAudioElement | null) => void
  playing: boolean
  /** In seconds; NaN until it is known. */
  length: number
  speed: number
  failed: boolean
  /** In ms, at this very moment. */
  now: () => number
  /** Calls the listener whenever the moment has changed, many times a second while it plays. */
  follow: (listener: (ms: number) => void) => () => void
  playFrom: (ms: number) => void
  toggle: () => void
  seek: (seconds: number) => void
  step: (seconds: number) => void
  setSpeed: (speed: number) => void
}

export function usePlayer(): Player {
  const audio = useRef<HTMLAudioElement | null>(null)
  const listeners = useRef(new Set<(ms: number) => void>())
  const [playing, setPlaying] = useState(false)
  const [length, setLength] = useState(Number.NaN)
  const [failed, setFailed] = useState(false)
  const [speed, setSpeed] = useState(1)

  const handles = useMemo(() => {
    const now = (): number => (audio.current?.currentTime ?? 0) * 1000
    const tell = (): void => listeners.current.forEach((listener) => listener(now()))
    const play = (): void => void audio.current?.play().catch(() => setFailed(true))
    let frame = 0
    const run = (): void => {
      tell()
      frame = requestAnimationFrame(run)
    }
    const events: [keyof HTMLMediaElementEventMap, () => void][] = [
      ['play', () => (setPlaying(true), setFailed(false), cancelAnimationFrame(frame), run())],
      ['pause', () => (setPlaying(false), cancelAnimationFrame(frame), tell())],
      ['seeked', tell],
      ['durationchange', () => setLength(audio.current?.duration ?? Number.NaN)],
      ['error', () => setFailed(true)],
    ]
    return {
      ref: (element: HTMLAudioElement | null) => {
        for (const [name, handler] of events) {
          audio.current?.removeEventListener(name, handler)
          element?.addEventListener(name, handler)
        }
        cancelAnimationFrame(frame)
        audio.current = element
      },
      now,
      follow: (listener: (ms: number) => void) => {
        listeners.current.add(listener)
        return () => void listeners.current.delete(listener)
      },
      playFrom: (ms: number) => {
        if (audio.current === null) return
        audio.current.currentTime = ms / 1000
        play()
      },
      toggle: () => (audio.current?.paused === false ? audio.current.pause() : play()),
      seek: (seconds: number) => {
        if (audio.current !== null) audio.current.currentTime = seconds
      },
      step: (seconds: number) => {
        if (audio.current !== null) audio.current.currentTime = Math.max(0, audio.current.currentTime + seconds)
      },
    }
  }, [])
  useEffect(() => {
    if (audio.current !== null) audio.current.playbackRate = speed
  }, [speed, playing])
  return { ...handles, playing, length, speed, failed, setSpeed }
}
