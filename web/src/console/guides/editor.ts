/**
 * The text of a guide in CodeMirror.
 *
 * Owns: the editor and its marks. Never does: know what is doubtful in a guide.
 *
 * The editor lives in a shadow root: there it styles itself with constructed stylesheets, which the policy of the
 * page allows. Anywhere else it would write `<style>` elements, which the policy forbids.
 */

import { defaultKeymap, history, historyKeymap, redo, undo } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { HighlightStyle, bracketMatching, indentOnInput, syntaxHighlighting } from '@codemirror/language'
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint'
import { unifiedMergeView } from '@codemirror/merge'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { EditorState, type Extension } from '@codemirror/state'
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { difference } from './outline'

/** Colours are those of the page: variables reach into a shadow root. */
const theme = EditorView.theme({
  '&': { color: 'var(--ink)', backgroundColor: 'var(--card)', fontSize: '0.9rem', height: '100%' },
  '&.cm-focused': { outline: '3px solid var(--accent)', outlineOffset: '-3px' },
  '.cm-scroller': { fontFamily: "ui-monospace, 'SF Mono', 'DejaVu Sans Mono', monospace", lineHeight: '1.6' },
  '.cm-content': { caretColor: 'var(--ink)', padding: '0.6rem 0' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': { color: 'var(--soft)', backgroundColor: 'var(--card)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--tint) 45%, transparent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 30%, transparent)',
  },
  '.cm-tooltip, .cm-panels': { color: 'var(--ink)', backgroundColor: 'var(--card)', border: '1px solid var(--line)' },
  '.cm-panels input, .cm-panels button': { font: 'inherit', color: 'inherit', background: 'var(--ground)' },
  '.cm-diagnostic': { maxWidth: '34rem', padding: '0.4rem 0.6rem' },
  // The package's own marks are images of `data:` addresses, which the policy of the page forbids.
  '.cm-lint-marker': { content: 'normal', width: '0.75em', height: '0.75em', margin: '0.4em 0 0 0.1em' },
  '.cm-lint-marker-error': { content: 'normal', backgroundColor: 'var(--bad)' },
  '.cm-lint-marker-warning': {
    content: 'normal',
    backgroundColor: 'var(--warn)',
    clipPath: 'polygon(50% 0, 100% 100%, 0 100%)',
  },
  '.cm-lint-marker-info': { content: 'normal', backgroundColor: 'var(--soft)', borderRadius: '50%' },
  '.cm-lintRange': { backgroundImage: 'none', textDecoration: 'underline wavy', textUnderlineOffset: '0.25em' },
  '.cm-lintRange-error': { backgroundImage: 'none', textDecorationColor: 'var(--bad)' },
  '.cm-lintRange-warning': { backgroundImage: 'none', textDecorationColor: 'var(--warn)' },
  '.cm-lintRange-info, .cm-lintRange-hint': { backgroundImage: 'none', textDecorationColor: 'var(--soft)' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--bad)' },
  '.cm-diagnostic-warning': { borderLeftColor: 'var(--warn)' },
  '.cm-searchMatch': { backgroundColor: 'var(--warn-tint)' },
  '.cm-insertedLine, .cm-changedLine': { backgroundColor: 'color-mix(in srgb, var(--good-tint) 80%, transparent)' },
  '.cm-deletedChunk': { backgroundColor: 'color-mix(in srgb, var(--bad-tint) 80%, transparent)' },
})

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)', fontWeight: '600' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--soft)', fontStyle: 'italic' },
  { tag: [tags.bool, tags.number, tags.null], color: 'var(--warn)' },
  { tag: tags.string, color: 'var(--ink)' },
])

const base: Extension[] = [
  lineNumbers(),
  yaml(),
  syntaxHighlighting(colours),
  theme,
  EditorView.lineWrapping,
  drawSelection(),
]

/** Makes the shadow root of an element, once. */
function rootOf(host: HTMLElement): ShadowRoot {
  return host.shadowRoot ?? host.attachShadow({ mode: 'open' })
}

export interface Mark extends Pick<Diagnostic, 'from' | 'to' | 'severity' | 'message'> {
  source?: string
}

export class GuideEditor {
  private readonly view: EditorView
  /** Set while the page itself changes the text. */
  private quiet = false

  constructor(host: HTMLElement, text: string, label: string, editable: boolean, onChange: (text: string) => void) {
    const root = rootOf(host)
    root.replaceChildren()
    this.view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: text,
        extensions: [
          ...base,
          lintGutter(),
          history(),
          indentOnInput(),
          bracketMatching(),
          highlightActiveLine(),
          highlightSelectionMatches(),
          search({ top: true }),
          // Tab leaves the editor, as everywhere else on the page. Mod-] and Mod-[ indent.
          keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...lintKeymap]),
          EditorState.readOnly.of(!editable),
          EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0', spellcheck: 'true' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged && !this.quiet) onChange(update.state.doc.toString())
          }),
        ],
      }),
    })
  }

  get text(): string {
    return this.view.state.doc.toString()
  }

  /** Replaces the text, as one step that can be undone, and changes no more of it than differs. */
  replace(text: string): void {
    const changes = difference(this.text, text)
    if (changes === null) return
    this.quiet = true
    this.view.dispatch({ changes })
    this.quiet = false
  }

  mark(marks: Mark[]): void {
    const { length } = this.view.state.doc
    const inside = (at: number): number => Math.min(at, length)
    const sorted = marks.map((mark) => ({ ...mark, from: inside(mark.from), to: inside(mark.to) }))
    this.view.dispatch(
      setDiagnostics(
        this.view.state,
        sorted.toSorted((one, other) => one.from - other.from),
      ),
    )
  }

  /** Puts the cursor there. */
  goTo(from: number): void {
    const at = Math.min(from, this.view.state.doc.length)
    this.view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) })
    this.view.focus()
  }

  undo(): void {
    undo(this.view)
  }

  redo(): void {
    redo(this.view)
  }

  destroy(): void {
    this.view.destroy()
  }
}

/** Shows what differs between two texts. Returns how to take it away. */
export function showDifference(host: HTMLElement, before: string, after: string, label: string): () => void {
  const root = rootOf(host)
  root.replaceChildren()
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: after,
      extensions: [
        ...base,
        unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: { margin: 2, minSize: 6 } }),
        EditorState.readOnly.of(true),
        EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
      ],
    }),
  })
  return () => view.destroy()
}
