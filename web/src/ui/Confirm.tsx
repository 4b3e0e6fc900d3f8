/** Asks before something that cannot be undone, where it matters by having a word typed. */

import { type FormEvent, type ReactNode, useState } from 'react'
import { Dialog } from './Dialog'
import { Field } from './Field'
import { Trouble } from './Trouble'

interface ConfirmProps {
  title: string
  children: ReactNode
  /** What the button says, such as `Erase`. */
  action: string
  /** What has to be typed first. */
  typed?: string
  busy: boolean
  error: unknown
  onConfirm: () => void
  onClose: () => void
}

export function Confirm({ title, children, action, typed, busy, error, onConfirm, onClose }: ConfirmProps) {
  const [text, setText] = useState('')
  const ready = typed === undefined || text.trim() === typed
  function submit(event: FormEvent): void {
    event.preventDefault()
    if (ready && !busy) onConfirm()
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
        {children}
        {typed !== undefined && (
          <Field label={<>Type “{typed}” to go on</>}>
            {(control) => (
              <input {...control} value={text} onChange={(event) => setText(event.target.value)} autoComplete="off" />
            )}
          </Field>
        )}
        <Trouble error={error} />
        <div className="actions">
          <button type="submit" className="main danger" disabled={!ready || busy}>
            {busy ? 'One moment…' : action}
          </button>
          <button type="button" className="quiet" onClick={onClose}>
            Leave it
          </button>
        </div>
      </form>
    </Dialog>
  )
}
