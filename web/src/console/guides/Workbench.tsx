/** Where a guide is written: its text, its outline, and what the engine says about it. */

import { type ReactNode, useMemo, useRef, useState } from 'react'
import { Tabs } from '../../ui/Tabs'
import { Time } from '../../ui/time'
import { OutlineForm } from './OutlineForm'
import { Remarks } from './Remarks'
import { type EditorHandle, SourceEditor } from './SourceEditor'
import { useDraft } from './draft'
import { apply, outlineOf } from './outline'
import { useVerdict } from './useVerdict'
import './guides.css'

interface WorkbenchProps {
  /** What the draft is kept under. */
  draft: string
  text: string
  onText: (text: string) => void
  /** What is saved, and in which state. */
  saved: { text: string; tag: string; version: number }
  editable: boolean
  actions: (state: { valid: boolean; changed: boolean }) => ReactNode
}

export function Workbench({ draft, text, onText, saved, editable, actions }: WorkbenchProps) {
  const [side, setSide] = useState<'outline' | 'text'>('outline')
  const editor = useRef<EditorHandle>(null)
  const judged = useVerdict(text)
  const outline = useMemo(() => outlineOf(text), [text])
  const kept = useDraft(draft, text, saved.text, saved.tag, saved.version)
  const changed = text !== saved.text

  const written = (
    <div className="text-side">
      {editable && (
        <div className="row">
          <button type="button" className="small quiet" onClick={() => editor.current?.undo()}>
            Undo
          </button>
          <button type="button" className="small quiet" onClick={() => editor.current?.redo()}>
            Redo
          </button>
          <span className="soft small" role="status">
            {kept === false && 'This browser does not let pages keep anything: save before you leave.'}
            {typeof kept === 'string' && (
              <>
                Kept in this browser, <Time at={kept} />
              </>
            )}
          </span>
        </div>
      )}
      <SourceEditor ref={editor} value={text} onChange={onText} marks={judged.remarks} editable={editable} />
    </div>
  )
  const form = editable ? <OutlineForm outline={outline} edit={(edit) => onText(apply(text, edit))} /> : null
  return (
    <>
      <div className="row wide bench-actions">{actions({ valid: judged.valid, changed })}</div>
      <Remarks
        judged={judged}
        goTo={(remark) => {
          setSide('text')
          // On a phone the text is drawn first.
          requestAnimationFrame(() => editor.current?.goTo(remark.from))
        }}
      />
      {form === null ? (
        written
      ) : (
        <div className="bench" data-side={side}>
          <div className="bench-choice">
            <Tabs
              label="Ways to edit"
              value={side}
              onChange={setSide}
              tabs={[
                { name: 'outline', label: 'Outline', content: null },
                { name: 'text', label: 'Text', content: null },
              ]}
            />
          </div>
          <section className="bench-outline" aria-label="Outline">
            {form}
          </section>
          <section className="bench-text" aria-label="Text">
            {written}
          </section>
        </div>
      )}
    </>
  )
}
