/**
 * A guide as an outline: what is common in it, read from the text and written back into it.
 *
 * Owns: which places these are. Everything else in the text stays, comments included. Never does: judge a guide,
 * which the engine does.
 */

import { Document, type Scalar, type YAMLMap, type YAMLSeq, isMap, isScalar, isSeq, stringify } from 'yaml'
import { read } from './source'

export const TYPES = ['open', 'closed', 'scale', 'multiple_choice'] as const
export type QuestionType = (typeof TYPES)[number]

export interface Question {
  text: string
  type: QuestionType
  required: boolean
  options: string[]
  scale: { min: number; max: number } | null
}

export interface Section {
  name: string
  questions: Question[]
}

export interface Outline {
  name: string
  objective: string
  sections: Section[]
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function list(value: unknown): Record<string, unknown>[] {
  if (!Array.isArray(value)) return []
  return value.map((item: unknown) =>
    typeof item === 'object' && item !== null ? (item as Record<string, unknown>) : {},
  )
}

function question(document: Record<string, unknown>): Question {
  const scale = document['scale'] as Record<string, unknown> | undefined
  const { options } = document
  return {
    text: text(document['text']),
    type: TYPES.find((type) => type === document['type']) ?? 'open',
    required: document['required'] === true,
    options: Array.isArray(options)
      ? options.map((option: unknown) => text((option as Record<string, unknown> | null)?.['text'] ?? option))
      : [],
    scale:
      typeof scale === 'object' && scale !== null
        ? { min: Number(scale['min'] ?? 1), max: Number(scale['max'] ?? 10) }
        : null,
  }
}

/** Returns the outline, or null while the text cannot be read. */
export function outlineOf(source: string): Outline | null {
  const { document, faults } = read(source)
  if (faults.length > 0 || (document.contents !== null && !isMap(document.contents))) return null
  const guide = (document.toJS() ?? {}) as Record<string, unknown>
  return {
    name: text(guide['name']),
    objective: text(guide['research_objective']),
    sections: list(guide['sections']).map((section) => ({
      name: text(section['section_name']),
      questions: list(section['questions']).map(question),
    })),
  }
}

/** A change of the outline. Places count from 0. */
export type Edit =
  | { do: 'set'; field: 'name' | 'research_objective'; value: string }
  | { do: 'set-section'; section: number; value: string }
  | { do: 'add-section' }
  | { do: 'remove-section'; section: number }
  | { do: 'move-section'; section: number; by: 1 | -1 }
  | { do: 'set-question'; section: number; question: number; change: Partial<Question> }
  | { do: 'add-question'; section: number }
  | { do: 'remove-question'; section: number; question: number }
  | { do: 'move-question'; section: number; question: number; by: 1 | -1 }

/** Returns the text after a change, or the same text where there is nothing to change. */
export function apply(source: string, edit: Edit): string {
  const { document, faults } = read(source)
  if (faults.length > 0) return source
  const written = wording(edit)
  const node = written === null ? undefined : document.getIn(written.path, true)
  if (written !== null && isScalar(node) && typeof node.value === 'string') {
    const reworded = reword(source, node, written)
    if (reworded !== null) return reworded
  }
  if (!isMap(document.contents)) document.contents = new Document({}).contents as unknown as typeof document.contents
  change(document, edit)
  // Long texts stay on their line, and lists look as they did.
  return document.toString({ lineWidth: 0, flowCollectionPadding: false, indentSeq: indentsLists(source) })
}

type Path = (string | number)[]

/** Returns the text that an edit changes and no more than that, such as while somebody types. */
function wording(edit: Edit): { path: Path; value: string } | null {
  if (edit.do === 'set') return { path: [edit.field], value: edit.value }
  if (edit.do === 'set-section') return { path: ['sections', edit.section, 'section_name'], value: edit.value }
  if (edit.do !== 'set-question' || edit.change.text === undefined || Object.keys(edit.change).length > 1) return null
  return { path: ['sections', edit.section, 'questions', edit.question, 'text'], value: edit.change.text }
}

/** Changes one text where it stands, and leaves every other character as it is. Null where that cannot be. */
function reword(source: string, node: Scalar, { path, value }: { path: Path; value: string }): string | null {
  if (node.value === value) return source
  const { range } = node
  if (range == null) return null
  const before = source.slice(range[0], range[1])
  const bare = stringify(value, { lineWidth: 0 }).trimEnd()
  // Quotes mean the same everywhere, in braces and brackets as well. What stood in quotes stays in them.
  const plain = !/^['"]/.test(before) && !/[\n,[\]{}]/.test(bare)
  const after = (plain ? bare : JSON.stringify(value)) + (before.endsWith('\n') ? '\n' : '')
  const reworded = source.slice(0, range[0]) + after + source.slice(range[1])
  const { document, faults } = read(reworded)
  return faults.length === 0 && document.getIn(path) === value ? reworded : null
}

/** Returns whether the items of lists stand further in than their names. */
function indentsLists(source: string): boolean {
  const first = /^( *)[^\s#-][^\n]*:[ ]*\n(?:[ ]*#[^\n]*\n)*( *)- /m.exec(source)
  return first === null || first[1] !== first[2]
}

function change(document: Document, edit: Edit): void {
  switch (edit.do) {
    case 'set':
      return setText(document, [edit.field], edit.value)
    case 'set-section':
      return setText(document, ['sections', edit.section, 'section_name'], edit.value)
    case 'add-section':
      return seq(document, ['sections']).add(
        document.createNode({ section_name: 'New section', questions: [{ text: 'New question?', required: true }] }),
      )
    case 'remove-section':
      return void document.deleteIn(['sections', edit.section])
    case 'move-section':
      // Sections are held by their `order`, where they have one: it moves with the place and not with the section.
      return move(seq(document, ['sections']), edit.section, edit.by, 'order')
    case 'set-question':
      return setQuestion(document, ['sections', edit.section, 'questions', edit.question], edit.change)
    case 'add-question':
      return seq(document, ['sections', edit.section, 'questions']).add(
        document.createNode({ text: 'New question?', required: true }),
      )
    case 'remove-question':
      return void document.deleteIn(['sections', edit.section, 'questions', edit.question])
    case 'move-question':
      return moveQuestion(document, edit.section, edit.question, edit.by)
  }
}

/** Changes a text where it stands, in the way in which it is written there. */
function setText(document: Document, path: (string | number)[], value: string): void {
  const node = document.getIn(path, true)
  if (isScalar(node) && typeof node.value === 'string') node.value = value
  else document.setIn(path, value)
}

function seq(document: Document, path: (string | number)[]): YAMLSeq {
  const found = document.getIn(path, true)
  if (isSeq(found)) return found
  const made = document.createNode([]) as YAMLSeq
  document.setIn(path, made)
  return made
}

function move(items: YAMLSeq, from: number, by: 1 | -1, stays?: string): void {
  const [one, other] = [items.items[from], items.items[from + by]]
  if (one === undefined || other === undefined) return
  items.items[from] = other
  items.items[from + by] = one
  if (stays === undefined || !isMap(one) || !isMap(other)) return
  const [first, second] = [one.get(stays), other.get(stays)]
  if (first === undefined || second === undefined) return
  one.set(stays, second)
  other.set(stays, first)
}

/** A question at the edge of its section goes over to the next one. */
function moveQuestion(document: Document, section: number, question: number, by: 1 | -1): void {
  const here = seq(document, ['sections', section, 'questions'])
  const to = question + by
  if (to >= 0 && to < here.items.length) return move(here, question, by)
  const sections = seq(document, ['sections'])
  if (section + by < 0 || section + by >= sections.items.length) return
  const [moved] = here.items.splice(question, 1)
  const there = seq(document, ['sections', section + by, 'questions'])
  if (by === 1) there.items.unshift(moved)
  else there.items.push(moved)
}

function setQuestion(document: Document, path: (string | number)[], change: Partial<Question>): void {
  if (change.text !== undefined) setText(document, [...path, 'text'], change.text)
  if (change.required !== undefined) document.setIn([...path, 'required'], change.required)
  if (change.type !== undefined) setType(document, path, change.type)
  if (change.options !== undefined) setOptions(document, path, change.options)
  if (change.scale != null) document.setIn([...path, 'scale'], flow(document, change.scale))
}

/** Gives a question what its type needs, and takes from it what its type forbids. */
function setType(document: Document, path: (string | number)[], type: QuestionType): void {
  document.setIn([...path, 'type'], type)
  const only: Record<string, QuestionType> = {
    options: 'multiple_choice',
    select: 'multiple_choice',
    allow_none: 'multiple_choice',
    scale: 'scale',
    expects: 'open',
  }
  for (const [field, of] of Object.entries(only)) if (type !== of) document.deleteIn([...path, field])
  if (type === 'scale' && !document.hasIn([...path, 'scale'])) {
    document.setIn([...path, 'scale'], flow(document, { min: 1, max: 10 }))
  }
  if (type === 'multiple_choice' && !document.hasIn([...path, 'options'])) {
    document.setIn([...path, 'options'], flow(document, ['First option', 'Second option']))
  }
}

/** Texts of options change where they stand, so that an option keeps its id. */
function setOptions(document: Document, path: (string | number)[], options: string[]): void {
  const items = seq(document, [...path, 'options'])
  options.forEach((value, index) => {
    const item = items.items[index]
    if (isMap(item)) (item as YAMLMap).set('text', value)
    else if (isScalar(item)) item.value = value
    else items.add(document.createNode(value))
  })
  items.items.length = options.length
}

function flow(document: Document, value: unknown): unknown {
  return document.createNode(value, { flow: true })
}

/** Returns the part in which two texts differ, so that an editor changes no more than that. */
export function difference(before: string, after: string): { from: number; to: number; insert: string } | null {
  if (before === after) return null
  let start = 0
  while (start < before.length && before[start] === after[start]) start += 1
  let [end, other] = [before.length, after.length]
  while (end > start && other > start && before[end - 1] === after[other - 1]) {
    end -= 1
    other -= 1
  }
  return { from: start, to: end, insert: after.slice(start, other) }
}
