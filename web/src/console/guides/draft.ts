/** What somebody has written and not saved yet, kept in this browser. */

import { useCallback, useEffect, useRef, useState } from 'react'

export interface Draft {
  text: string
  /** The tag of the state that was changed; empty for a new guide. */
  tag: string
  version: number
  /** When it was last changed. */
  at: string
}

const name = (id: string): string => `interviewer.draft.${id}`

export function draftOf(id: string): Draft | null {
  try {
    const draft = JSON.parse(localStorage.getItem(name(id)) ?? 'null') as Partial<Draft> | null
    if (typeof draft?.text !== 'string') return null
    return { text: draft.text, tag: draft.tag ?? '', version: draft.version ?? 0, at: draft.at ?? '' }
  } catch {
    return null
  }
}

export function dropDraft(id: string): void {
  try {
    localStorage.removeItem(name(id))
  } catch {
    // Browsers may forbid pages to keep anything.
  }
}

/** Keeps a draft. Returns whether the browser took it. */
function keep(id: string, draft: Draft): boolean {
  try {
    localStorage.setItem(name(id), JSON.stringify(draft))
    return true
  } catch {
    return false
  }
}

/** How long after a change it is kept, at the latest when the page is left. */
const PAUSE_MS = 300

/** Keeps what is written until it is saved. Returns when it was last kept, and false where it cannot be. */
export function useDraft(id: string, text: string, saved: string, tag: string, version: number): string | false | null {
  const [kept, setKept] = useState<string | false | null>(null)
  const latest = useRef({ text, saved, tag, version })
  latest.current = { text, saved, tag, version }
  const flush = useCallback(() => {
    const { text, saved, tag, version } = latest.current
    if (text === saved) return dropDraft(id)
    const at = new Date().toISOString()
    setKept(keep(id, { text, tag, version, at }) ? at : false)
  }, [id])
  useEffect(() => {
    const timer = setTimeout(flush, PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text, saved, flush])
  useEffect(() => {
    window.addEventListener('pagehide', flush)
    return () => {
      window.removeEventListener('pagehide', flush)
      flush()
    }
  }, [flush])
  return text === saved ? null : kept
}
