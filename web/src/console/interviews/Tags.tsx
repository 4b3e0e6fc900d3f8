/** The tags of an interview. */

import { type FormEvent, useRef } from 'react'
import { Field } from '../../ui/Field'
import { Trouble, faultAt } from '../../ui/Trouble'
import { useMay } from '../session/session'
import { useAnnotate } from './changes'
import type { Interview } from './queries'

export function Tags({ interview, tag }: { interview: Interview; tag: string }) {
  const may = useMay('researcher')
  const annotate = useAnnotate(interview.id, tag)
  const input = useRef<HTMLInputElement>(null)
  const { tags } = interview

  function add(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    const added = input.current?.value.trim() ?? ''
    if (added === '') return
    annotate.mutate(
      { tags: [...tags, added] },
      {
        onSuccess: () => {
          if (input.current !== null) input.current.value = ''
        },
      },
    )
  }
  const fault = faultAt(annotate.error, `/tags/${tags.length}`)
  return (
    <section className="card" aria-labelledby="tags">
      <h2 id="tags">Tags</h2>
      {tags.length === 0 && <p className="soft">No tags.</p>}
      <ul className="tags" aria-label="Tags of this interview">
        {tags.map((one) => (
          <li key={one} className="tag">
            {one}
            {may && (
              <button
                type="button"
                aria-label={`Remove the tag ${one}`}
                disabled={annotate.isPending}
                onClick={() => {
                  annotate.mutate({ tags: tags.filter((other) => other !== one) })
                  input.current?.focus()
                }}
              >
                ×
              </button>
            )}
          </li>
        ))}
      </ul>
      {may && (
        <form onSubmit={add}>
          <Field label="Add a tag" fault={fault}>
            {(control) => (
              <span className="row">
                <input {...control} ref={input} className="grow" maxLength={100} autoComplete="off" />
                <button type="submit" disabled={annotate.isPending}>
                  Add
                </button>
              </span>
            )}
          </Field>
        </form>
      )}
      <Trouble error={annotate.error} shown={[`/tags/${tags.length}`]} />
    </section>
  )
}
