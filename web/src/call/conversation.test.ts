import { describe, expect, test } from 'vitest'
import type { Message } from '../engine/events'
import { type Conversation, progress, silence, told } from './conversation'

function caption(seq: number, text: string, final: boolean, replaces?: number): Message {
  const message = { seq, at_ms: seq, type: 'caption' as const, speaker: 'respondent' as const, text, final }
  return { ...message, start_ms: 0, end_ms: 1, ...(replaces === undefined ? {} : { replaces }) }
}

function after(messages: Message[], before: Conversation = silence): Conversation {
  return messages.reduce(told, before)
}

describe('captions', () => {
  test('a partial one is replaced by what comes after it', () => {
    const now = after([caption(1, 'I', false), caption(2, 'I think', false, 1), caption(3, 'I think so.', true, 2)])
    expect(now.captions.map(({ seq, text, final }) => [seq, text, final])).toEqual([[3, 'I think so.', true]])
  })

  test('a partial one whose successor was missed does not stay behind', () => {
    const now = after([caption(1, 'I', false), caption(5, 'I think so.', true, 4)])
    expect(now.captions.map((one) => one.text)).toEqual(['I think so.'])
  })

  test('the other speaker is left alone', () => {
    const asked: Message = { ...caption(1, 'What do you', false), speaker: 'interviewer' } as Message
    const now = after([asked, caption(2, 'Well', false), caption(3, 'Well, bread.', true, 2)])
    expect(now.captions.map((one) => one.text)).toEqual(['What do you', 'Well, bread.'])
  })

  test('what was final stays, and an empty one only takes away', () => {
    const now = after([caption(1, 'Yes.', true), caption(2, 'Hm', false), caption(3, '', true, 2)])
    expect(now.captions.map((one) => one.text)).toEqual(['Yes.'])
  })
})

describe('progress', () => {
  const question = (number: number, of: number): Message => ({
    seq: number,
    at_ms: 0,
    type: 'question',
    id: `q${number}`,
    section: 's',
    number,
    of,
  })

  test('a question counts when the next one is asked, and the end is the end', () => {
    expect(progress(silence)).toBe(0)
    expect(progress(after([question(1, 4)]))).toBe(0)
    expect(progress(after([question(4, 4)]))).toBe(0.75)
    expect(progress(after([question(4, 4), { seq: 9, at_ms: 0, type: 'state', value: 'ended' }]))).toBe(1)
  })

  test('a guide that shrinks never shows more than there is', () => {
    const now = after([question(3, 2)])
    expect(now.question).toMatchObject({ number: 3, of: 3, followUp: false })
  })
})

test('consent and complaints are kept as told, unknown messages change nothing', () => {
  const now = after([
    { seq: 1, at_ms: 0, type: 'consent', participation: true, recording: null },
    { seq: 1, at_ms: 0, type: 'error', title: 'Not possible now', detail: 'no call' },
  ])
  expect(now).toMatchObject({ participation: true, recording: null, complaint: { title: 'Not possible now' } })
  expect(told(now, { seq: 2, at_ms: 0, type: 'weather' } as unknown as Message)).toBe(now)
})
