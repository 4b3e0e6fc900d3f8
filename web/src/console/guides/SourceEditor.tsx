/** The editor of a guide's text as a part of a page. */

import { type Ref, useEffect, useImperativeHandle, useRef } from 'react'
import { GuideEditor, type Mark, showDifference } from './editor'

export interface EditorHandle {
  goTo: (from: number) => void
  undo: () => void
  redo: () => void
}

interface SourceEditorProps {
  value: string
  onChange: (text: string) => void
  marks: Mark[]
  editable: boolean
  ref?: Ref<EditorHandle>
}

export function SourceEditor({ value, onChange, marks, editable, ref }: SourceEditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const editor = useRef<GuideEditor | null>(null)
  const latest = useRef({ value, onChange })
  latest.current = { value, onChange }

  useEffect(() => {
    if (host.current === null) return undefined
    const made = new GuideEditor(host.current, latest.current.value, 'Guide, as YAML', editable, (text) => {
      latest.current.onChange(text)
    })
    editor.current = made
    return () => {
      made.destroy()
      editor.current = null
    }
  }, [editable])
  useEffect(() => editor.current?.replace(value), [value])
  useEffect(() => editor.current?.mark(marks), [marks])
  useImperativeHandle(
    ref,
    () => ({
      goTo: (from) => editor.current?.goTo(from),
      undo: () => editor.current?.undo(),
      redo: () => editor.current?.redo(),
    }),
    [],
  )
  return <div ref={host} className="source" />
}

interface DifferenceProps {
  before: string
  after: string
  label: string
}

export function Difference({ before, after, label }: DifferenceProps) {
  const host = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (host.current === null) return undefined
    return showDifference(host.current, before, after, label)
  }, [before, after, label])
  return <div ref={host} className="source difference" />
}
