/** Plays a quote out of its interview's recording: from its first word to its last, and no further. */

import { useCallback, useEffect, useRef, useState } from 'react'
import { api, got } from '../../engine/client'
import { words } from '../../ui/Trouble'
import type { Quote } from './report'

/** What is heard around the words, so that none is cut. */
const AROUND_MS = 200

export interface QuotePlayer {
  ref: (element: HTMLAudioElement | null) => void
  /** Which quote is heard now. */
  playing: string | null
  fault: { key: string; why: string } | null
  /** Plays a quote, or stops it if it is the one that is heard. */
  play: (key: string, quote: Quote) => void
}

export function useQuotePlayer(): QuotePlayer {
  const audio = useRef<HTMLAudioElement | null>(null)
  const end = useRef(Infinity)
  const [playing, setPlaying] = useState<string | null>(null)
  const [fault, setFault] = useState<QuotePlayer['fault']>(null)

  const ref = useCallback((element: HTMLAudioElement | null) => {
    audio.current = element
    element?.addEventListener('timeupdate', () => {
      if (element.currentTime * 1000 >= end.current) element.pause()
    })
    element?.addEventListener('pause', () => setPlaying(null))
  }, [])
  useEffect(() => () => audio.current?.pause(), [])

  async function start(key: string, { interview_id: id, start_ms, end_ms }: Quote): Promise<void> {
    const element = audio.current
    if (element === null) return
    const src = `/api/interviews/${id}/recording`
    setFault(null)
    try {
      if (!element.src.endsWith(src)) {
        // An `<audio>` element does not say why there is no recording, the engine does.
        const params = { path: { id }, header: { Range: 'bytes=0-0' } }
        await got(api.GET('/api/interviews/{id}/recording', { params, parseAs: 'blob' }))
        element.src = src
      }
      element.currentTime = Math.max(0, start_ms - AROUND_MS) / 1000
      end.current = end_ms + AROUND_MS
      await element.play()
      setPlaying(key)
    } catch (error) {
      setFault({ key, why: ` ${words(error)}` })
    }
  }
  return {
    ref,
    playing,
    fault,
    play: (key, quote) => {
      if (playing === key) audio.current?.pause()
      else void start(key, quote)
    },
  }
}
