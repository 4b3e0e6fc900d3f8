/** Inviting one person after the other, with what became of each. */

import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { words } from '../../ui/Trouble'
import type { Row } from './people'
import { type Scheduled, schedule } from './schedule'

export interface Outcome {
  row: Row
  scheduled: Scheduled | null
  /** Why it failed. */
  fault: string | null
}

export interface Invitations {
  outcomes: Outcome[]
  running: boolean
  start: (rows: Row[]) => Promise<void>
  stop: () => void
}

export function useInvitations(guide: string): Invitations {
  const queries = useQueryClient()
  const [outcomes, setOutcomes] = useState<Outcome[]>([])
  const [running, setRunning] = useState(false)
  const stopped = useRef(false)
  // A key for each line: asked again, the engine answers with the invitation that it has made already.
  const keys = useRef(new Map<number, string>())

  async function start(rows: Row[]): Promise<void> {
    stopped.current = false
    setRunning(true)
    for (const row of rows) {
      if (stopped.current) break
      const key = keys.current.get(row.line) ?? crypto.randomUUID()
      keys.current.set(row.line, key)
      let outcome: Outcome
      try {
        outcome = { row, scheduled: await schedule(guide, row.person, key), fault: null }
      } catch (error) {
        outcome = { row, scheduled: null, fault: words(error) }
      }
      setOutcomes((before) => [...before.filter((other) => other.row.line !== row.line), outcome].sort(byLine))
    }
    setRunning(false)
    void queries.invalidateQueries({ queryKey: ['interviews', 'list'] })
  }
  return { outcomes, running, start, stop: () => void (stopped.current = true) }
}

function byLine(one: Outcome, other: Outcome): number {
  return one.row.line - other.row.line
}
