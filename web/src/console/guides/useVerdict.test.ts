import { expect, test } from 'vitest'
import { judged } from './useVerdict'

const TEXT = `name: Trains
research_objective: Why people take trains
sections:
  - section_name: Habits
    questions: [{text: 'Do you not agree?', required: true}]
`
const finding = {
  path: '/sections/0/questions/0/text',
  code: 'leading-question',
  severity: 'warning' as const,
  message: 'the question leads',
  suggestion: 'ask openly',
}

test('what the engine says stands at its place in the text', () => {
  const verdict = { valid: true, errors: [], findings: [finding] }
  const { remarks, valid, pending } = judged(TEXT, { text: TEXT, verdict, error: null })
  expect([valid, pending]).toEqual([true, false])
  expect(remarks).toMatchObject([{ line: 5, severity: 'warning', message: 'The question leads. Ask openly.' }])
  expect(TEXT.slice(remarks[0]?.from, remarks[0]?.to)).toBe("'Do you not agree?'")
})

test('what was said of an earlier text is not said of this one', () => {
  const verdict = { valid: true, errors: [], findings: [finding] }
  const { remarks, valid, pending } = judged(`${TEXT}tags: []\n`, { text: TEXT, verdict, error: null })
  expect([remarks.length, valid, pending]).toEqual([0, false, true])
  expect(judged(TEXT, null)).toMatchObject({ pending: true, valid: false })
})

test('text that is no YAML is a fault at its line, without asking anybody', () => {
  const { remarks, valid, pending } = judged('name: Trains\nsections: [', null)
  expect([valid, pending]).toEqual([false, false])
  expect(remarks[0]).toMatchObject({ severity: 'error', code: 'not-yaml', line: 2 })
})

test('an engine that cannot be asked is an error, and no fault of the text', () => {
  const error = new Error('gone')
  expect(judged(TEXT, { text: TEXT, verdict: null, error })).toMatchObject({ error, remarks: [], valid: false })
})
