/** What researchers noted about an interview. */

import { type FormEvent, useState } from 'react'
import { plain } from '../../ui/Badge'
import { Field } from '../../ui/Field'
import { Trouble } from '../../ui/Trouble'
import { Time } from '../../ui/time'
import { useMay } from '../session/session'
import { useAnnotate } from './changes'
import { type Note, notesOf } from './names'
import type { Interview } from './queries'

export function Notes({ interview, tag }: { interview: Interview; tag: string }) {
  const may = useMay('researcher')
  const annotate = useAnnotate(interview.id, tag)
  const [editing, setEditing] = useState<Note | null>(null)
  const [text, setText] = useState('')

  function submit(event: FormEvent): void {
    event.preventDefault()
    const note = editing === null ? { text } : { id: editing.id, text }
    annotate.mutate(
      { interviewer_notes: [note] },
      {
        onSuccess: () => {
          setEditing(null)
          setText('')
        },
      },
    )
  }
  const notes = notesOf(interview)
  return (
    <section className="card" aria-labelledby="notes">
      <h2 id="notes">Notes</h2>
      {notes.length === 0 && <p className="soft">No notes.</p>}
      <ul className="list">
        {notes.map((note) => (
          <li key={note.id}>
            {note.outcome !== undefined && <strong>{plain(note.outcome)}. </strong>}
            <span className="note">{note.text}</span>
            <p className="soft small">
              {note.author}, <Time at={note.edited_at ?? note.at} />
              {note.edited_at !== undefined && ' (edited)'}
            </p>
            {may && (
              <span className="row">
                <button
                  type="button"
                  className="small quiet"
                  aria-label={`Edit the note: ${note.text}`}
                  onClick={() => {
                    setEditing(note)
                    setText(note.text)
                  }}
                >
                  Edit
                </button>
                <button
                  type="button"
                  className="small quiet"
                  aria-label={`Remove the note: ${note.text}`}
                  disabled={annotate.isPending}
                  onClick={() => annotate.mutate({ interviewer_notes: [{ id: note.id, text: null }] })}
                >
                  Remove
                </button>
              </span>
            )}
          </li>
        ))}
      </ul>
      {may && (
        <form onSubmit={submit}>
          <Field label={editing === null ? 'Add a note' : 'Edit the note'}>
            {(control) => (
              <textarea
                {...control}
                rows={3}
                required
                maxLength={10_000}
                value={text}
                onChange={(event) => setText(event.target.value)}
              />
            )}
          </Field>
          <div className="row">
            <button type="submit" disabled={annotate.isPending}>
              {editing === null ? 'Add the note' : 'Save the note'}
            </button>
            {editing !== null && (
              <button
                type="button"
                className="quiet"
                onClick={() => {
                  setEditing(null)
                  setText('')
                }}
              >
                Leave it as it was
              </button>
            )}
          </div>
        </form>
      )}
      <Trouble error={annotate.error} />
    </section>
  )
}
