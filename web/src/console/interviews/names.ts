/** What the values of an interview are called for people. */

import type { Tone } from '../../ui/Badge'
import { plain } from '../../ui/Badge'
import type { Interview } from './queries'

const TONES: Record<Interview['status'], Tone> = {
  scheduled: 'plain',
  in_progress: 'live',
  completed: 'good',
  failed: 'bad',
  cancelled: 'plain',
  no_show: 'warn',
}

export function tone(status: Interview['status']): Tone {
  return TONES[status]
}

const MADE_UP = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Returns what a respondent is called: by name, by address, or else by id. */
export function respondent(interview: Interview): string {
  const { respondent_name, respondent_email, respondent_phone, respondent_id: id } = interview
  // An id that was made up says nothing. Its end is enough to tell people apart.
  return (
    respondent_name ?? respondent_email ?? respondent_phone ?? (MADE_UP.test(id) ? `Respondent ${id.slice(-6)}` : id)
  )
}

/** Returns whether the interview's respondent was erased. */
export function isErased(interview: Interview): boolean {
  return interview.respondent_id.startsWith('erased-')
}

export function isOver(interview: Interview): boolean {
  return interview.status !== 'scheduled' && interview.status !== 'in_progress'
}

/** Returns the value that an answer names, in words, or null if it names none. */
export function valueOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null
  const named = value as Record<string, unknown>
  if (typeof named['number'] === 'number') return String(named['number'])
  if (Array.isArray(named['range'])) return named['range'].join(' to ')
  if (Array.isArray(named['options'])) {
    return named['options'].length === 0 ? 'None of these' : named['options'].map((id) => plain(String(id))).join(', ')
  }
  if (typeof named['yes'] === 'boolean') return named['yes'] ? 'Yes' : 'No'
  for (const name of ['date', 'text']) if (typeof named[name] === 'string') return named[name]
  return JSON.stringify(value)
}

export interface Note {
  id: string
  text: string
  author: string
  at: string
  edited_at?: string
  /** How a review ended, where the note closes one. */
  outcome?: string
}

/** Reads the column of notes, which the API describes as objects. */
export function notesOf(interview: Interview): Note[] {
  const notes = interview.interviewer_notes as unknown[]
  return notes.filter((note): note is Note => typeof (note as Partial<Note> | null)?.text === 'string')
}

export interface FollowUp {
  text: string
  action: string | null
  why: string | null
  source: string | null
}

/** Reads why each follow-up of an answer was asked. */
export function followUpsOf(answer: { generated_follow_ups: unknown[] }): FollowUp[] {
  return answer.generated_follow_ups.flatMap((given) => {
    const { text, action, why, source } = given as Record<string, unknown>
    if (typeof text !== 'string') return []
    const one = (value: unknown): string | null => (typeof value === 'string' ? value : null)
    return [{ text, action: one(action), why: one(why), source: one(source) }]
  })
}
