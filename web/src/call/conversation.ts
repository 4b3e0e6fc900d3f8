/** The page's knowledge of the conversation, derived from the engine's messages. Pure. */

import type { CallState, Message, Speaker } from '../engine/events'

export interface Caption {
  seq: number
  speaker: Speaker
  text: string
  final: boolean
}

export interface Question {
  id: string
  number: number
  of: number
  followUp: boolean
}

export interface Conversation {
  state: CallState
  /** True if the engine receives nothing from this page. It is paused until it does. */
  unheard: boolean
  captions: readonly Caption[]
  question: Question | null
  participation: boolean | null
  recording: boolean | null
  /** The last error that the engine reported. */
  complaint: { title: string; detail: string; seq: number } | null
}

/** The number of captions kept, which is more than anyone scrolls back. */
const KEPT = 300

export const silence: Conversation = {
  state: 'connecting',
  unheard: false,
  captions: [],
  question: null,
  participation: null,
  recording: null,
  complaint: null,
}

export function told(now: Conversation, message: Message): Conversation {
  switch (message.type) {
    case 'state':
      return { ...now, state: message.value, unheard: message.reason === 'connection_lost' }
    case 'question':
      return {
        ...now,
        question: {
          id: message.id,
          number: message.number,
          of: Math.max(message.of, message.number),
          followUp: message.follow_up_of !== undefined,
        },
      }
    case 'consent':
      return { ...now, participation: message.participation, recording: message.recording }
    case 'error':
      return { ...now, complaint: { title: message.title, detail: message.detail, seq: message.seq } }
    case 'caption': {
      const { seq, speaker, text, final } = message
      // Each speaker has at most one caption that is not final. After a lost connection, the final
      // caption may replace a later one than the page knows.
      const kept = now.captions.filter(
        (caption) => caption.seq !== message.replaces && (caption.final || caption.speaker !== speaker),
      )
      if (text.trim() === '') return { ...now, captions: kept }
      return { ...now, captions: [...kept, { seq, speaker, text, final }].slice(-KEPT) }
    }
    default:
      // The message is of a later version.
      return now
  }
}

/**
 * Returns the progress through the guide, from 0 to 1. A question counts when the next one is
 * asked.
 */
export function progress(conversation: Conversation): number {
  const { question, state } = conversation
  if (question === null) return 0
  if (state === 'ended') return 1
  return Math.min(1, Math.max(0, (question.number - 1) / question.of))
}
