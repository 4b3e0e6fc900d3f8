/** Places in the text of a guide: which characters a JSON pointer means. */

import { type Document, type Node, LineCounter, isMap, isPair, isScalar, isSeq, parseDocument } from 'yaml'

export interface Span {
  from: number
  to: number
}

export interface TextFault extends Span {
  message: string
}

/** Reads the text, whatever its faults. YAML contains JSON, so that both are read. */
export function read(text: string): { document: Document.Parsed; faults: TextFault[]; lines: LineCounter } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const faults = document.errors.map(({ pos, message }) => ({ ...within(text, pos[0], pos[1]), message }))
  return { document, faults, lines }
}

function within(text: string, from: number, to: number): Span {
  const start = Math.min(Math.max(0, from), text.length)
  return { from: start, to: Math.min(Math.max(start, to), text.length) }
}

/** Returns the parts of a JSON pointer (RFC 6901). */
export function parts(pointer: string): string[] {
  if (pointer === '') return []
  return pointer
    .replace(/^\//, '')
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Returns the characters of the first line of a node: a mark under a whole section would say nothing. */
function firstLine(text: string, node: Node | null | undefined): Span | null {
  const range = node?.range
  if (range === null || range === undefined) return null
  const [from, end] = range
  const line = text.indexOf('\n', from)
  return within(text, from, line === -1 ? end : Math.min(line, end))
}

/**
 * Returns what a pointer means in the text. Where it names something that is not there, such as a field that
 * is required and missing, that is the nearest thing around it.
 */
export function spanOf(text: string, document: Document, pointer: string): Span {
  let node: unknown = document.contents
  let key: Node | null = null
  for (const part of parts(pointer)) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === part)
      if (pair === undefined) break
      key = pair.key as Node
      node = pair.value
    } else if (isSeq(node)) {
      const item = node.items[Number(part)]
      if (item === undefined) break
      key = null
      node = item
    } else break
  }
  // A list or an object is marked at its name, a value where it stands.
  const value = isMap(node) || isSeq(node) || node === null ? (key ?? (node as Node | null)) : (node as Node)
  return firstLine(text, value) ?? firstLine(text, key) ?? firstLine(text, document.contents) ?? { from: 0, to: 0 }
}
