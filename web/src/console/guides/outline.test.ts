import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { apply, difference, outlineOf } from './outline'

const TEXT = `# Kept: why this guide exists.
name: Trains
research_objective: Why people take trains
sections:
  - section_name: Habits
    order: 1
    questions:
      # Kept: asked first.
      - id: often
        text: How often do you take a train?
        type: multiple_choice
        options: [{id: daily, text: Every day}, Seldom]
      - text: Why?
        required: true
  - section_name: Wishes
    order: 2
    questions:
      - {text: 'What would you change?', type: open}
`

test('the outline says what is in the text', () => {
  expect(outlineOf(TEXT)).toEqual({
    name: 'Trains',
    objective: 'Why people take trains',
    sections: [
      {
        name: 'Habits',
        questions: [
          {
            text: 'How often do you take a train?',
            type: 'multiple_choice',
            required: false,
            options: ['Every day', 'Seldom'],
            scale: null,
          },
          { text: 'Why?', type: 'open', required: true, options: [], scale: null },
        ],
      },
      {
        name: 'Wishes',
        questions: [{ text: 'What would you change?', type: 'open', required: false, options: [], scale: null }],
      },
    ],
  })
  expect(outlineOf('name: [')).toBeNull()
  expect(outlineOf('- a list')).toBeNull()
  expect(outlineOf('')).toEqual({ name: '', objective: '', sections: [] })
})

test('a change leaves comments, ids and everything else as it is', () => {
  const changed = apply(TEXT, { do: 'set-question', section: 0, question: 0, change: { text: 'How often: by train?' } })
  expect(changed).toContain('# Kept: why this guide exists.')
  expect(changed).toContain('# Kept: asked first.')
  expect(changed).toContain('id: often')
  expect(outlineOf(changed)?.sections[0]?.questions[0]?.text).toBe('How often: by train?')
  expect(apply(TEXT, { do: 'set', field: 'name', value: 'Trains' })).toBe(TEXT)
})

test('a guide that comes with the engine changes in one place only', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../../guides/short.yaml'), 'utf8')
  const changed = apply(text, { do: 'set', field: 'name', value: 'Home' })
  expect(changed).toBe(text.replace('Working from home, in two minutes', 'Home'))
})

test('while somebody types, nothing but their words changes in the text', () => {
  // As the engine writes guides.
  const text =
    'name: Trains\nresearch_objective: >-\n  Why people\n  take trains.\nsections:\n- section_name: "A"\n  questions:\n  - {text: Why?, type: open}\n'
  const reworded = (edit: Parameters<typeof apply>[1]): string => apply(text, edit)
  expect(reworded({ do: 'set', field: 'name', value: 'Trains: 1 # 2' })).toBe(text.replace('Trains', '"Trains: 1 # 2"'))
  expect(reworded({ do: 'set', field: 'research_objective', value: 'Else' })).toBe(
    text.replace('>-\n  Why people\n  take trains.', 'Else'),
  )
  expect(reworded({ do: 'set-section', section: 0, value: 'B, or "C"' })).toBe(text.replace('"A"', '"B, or \\"C\\""'))
  expect(reworded({ do: 'set-question', section: 0, question: 0, change: { text: 'Why, then?' } })).toBe(
    text.replace('Why?', '"Why, then?"'),
  )
  expect(reworded({ do: 'set', field: 'name', value: '' })).toBe(text.replace('Trains', '""'))
  // Lists stay as far in as they are.
  expect(reworded({ do: 'set-question', section: 0, question: 0, change: { required: true } })).toContain(
    '\nsections:\n- section_name: "A"\n  questions:\n  - {text: Why?, type: open, required: true}\n',
  )
})

test('questions are added, removed and moved, over the edge of their section as well', () => {
  const names = (text: string): string[][] =>
    outlineOf(text)?.sections.map((section) => section.questions.map((question) => question.text)) ?? []
  const added = apply(TEXT, { do: 'add-question', section: 1 })
  expect(names(added)[1]).toEqual(['What would you change?', 'New question?'])
  expect(names(apply(TEXT, { do: 'remove-question', section: 0, question: 1 }))[0]).toEqual([
    'How often do you take a train?',
  ])
  const down = apply(TEXT, { do: 'move-question', section: 0, question: 0, by: 1 })
  expect(names(down)[0]).toEqual(['Why?', 'How often do you take a train?'])
  const over = apply(TEXT, { do: 'move-question', section: 0, question: 1, by: 1 })
  expect(names(over)).toEqual([['How often do you take a train?'], ['Why?', 'What would you change?']])
  expect(apply(TEXT, { do: 'move-question', section: 0, question: 0, by: -1 })).toBe(TEXT)
})

test('a section that is moved is held at its new place', () => {
  const moved = apply(TEXT, { do: 'move-section', section: 0, by: 1 })
  expect(outlineOf(moved)?.sections.map((section) => section.name)).toEqual(['Wishes', 'Habits'])
  expect(moved.match(/order: \d/g)).toEqual(['order: 1', 'order: 2'])
})

test('a type brings what it needs and takes away what it forbids', () => {
  const scale = apply(TEXT, { do: 'set-question', section: 0, question: 0, change: { type: 'scale' } })
  expect(outlineOf(scale)?.sections[0]?.questions[0]).toMatchObject({
    type: 'scale',
    options: [],
    scale: { min: 1, max: 10 },
  })
  const options = apply(TEXT, {
    do: 'set-question',
    section: 0,
    question: 0,
    change: { options: ['Daily', 'Never', 'Else'] },
  })
  expect(options).toContain('id: daily')
  expect(outlineOf(options)?.sections[0]?.questions[0]?.options).toEqual(['Daily', 'Never', 'Else'])
})

test('an empty text becomes a guide', () => {
  const named = apply(apply('', { do: 'set', field: 'name', value: 'New' }), { do: 'add-section' })
  expect(outlineOf(named)).toMatchObject({
    name: 'New',
    sections: [{ name: 'New section', questions: [{ required: true }] }],
  })
})

test('two texts differ in one place', () => {
  expect(difference('abcdef', 'abXdef')).toEqual({ from: 2, to: 3, insert: 'X' })
  expect(difference('aa', 'aaa')).toEqual({ from: 2, to: 2, insert: 'a' })
  expect(difference('same', 'same')).toBeNull()
})
