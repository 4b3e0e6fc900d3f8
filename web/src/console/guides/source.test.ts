import { expect, test } from 'vitest'
import { parts, read, spanOf } from './source'

const TEXT = `# A comment before it.
name: Trains
research_objective: Why people take trains
sections:
  - section_name: Habits
    questions:
      - text: Do you not agree that trains are late?
        required: true
      - {id: why, text: Why?, options: [a, 'b/c']}
`

function marked(pointer: string): string {
  const { document } = read(TEXT)
  const { from, to } = spanOf(TEXT, document, pointer)
  return TEXT.slice(from, to)
}

test('a pointer is found in the text', () => {
  expect(marked('/name')).toBe('Trains')
  expect(marked('/sections/0/questions/0/text')).toBe('Do you not agree that trains are late?')
  expect(marked('/sections/0/questions/1/options/1')).toBe("'b/c'")
  expect(marked('/sections/0/questions/0')).toBe('text: Do you not agree that trains are late?')
})

test('a list is marked at its name, and what is missing at what it is missing from', () => {
  expect(marked('/sections')).toBe('sections')
  expect(marked('/sections/0/questions')).toBe('questions')
  expect(marked('/sections/0/questions/1/scale/min')).toBe("{id: why, text: Why?, options: [a, 'b/c']}")
  expect(marked('/adaptive_rules/branching_logic/0')).toBe('name: Trains')
  expect(marked('')).toBe('name: Trains')
})

test('a line is known by its place', () => {
  const { document, lines } = read(TEXT)
  expect(lines.linePos(spanOf(TEXT, document, '/sections/0/questions/0/required').from).line).toBe(8)
})

test('pointers are taken apart as RFC 6901 says', () => {
  expect(parts('')).toEqual([])
  expect(parts('/adaptive_rules/skip_conditions/means: not ~1 a~0b')).toEqual([
    'adaptive_rules',
    'skip_conditions',
    'means: not / a~b',
  ])
})

test('what is no YAML says where, and never beyond the text', () => {
  const { faults } = read('name: "Trains\nsections: [')
  expect(faults.length).toBeGreaterThan(0)
  for (const { from, to } of faults) expect(from <= to && to <= 'name: "Trains\nsections: ['.length).toBe(true)
  expect(read('').faults).toEqual([])
  expect(spanOf('', read('').document, '/name')).toEqual({ from: 0, to: 0 })
})
