/** Saving: what is changed is shown first, and what somebody else has changed meanwhile is not lost. */

import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Problem } from '../../engine/http'
import { Dialog } from '../../ui/Dialog'
import { Trouble } from '../../ui/Trouble'
import { Difference } from './SourceEditor'
import { type Source, save, sourceOf } from './queries'

interface SaveDialogProps {
  id: string
  text: string
  base: Source
  onClose: () => void
  onSaved: (now: Source) => void
  /** Goes on with one's own text, on top of somebody else's version. */
  onRebase: (theirs: Source) => void
  /** Takes somebody else's text. */
  onTheirs: (theirs: Source) => void
}

export function SaveDialog({ id, text, base, onClose, onSaved, onRebase, onTheirs }: SaveDialogProps) {
  const [theirs, setTheirs] = useState<Source | null>(null)
  const saving = useMutation({
    mutationFn: (tag: string) => save(id, tag, text),
    onSuccess: ({ row, tag }) => onSaved({ text, tag, version: row.version, name: row.name }),
    onError: async (error) => {
      if (error instanceof Problem && error.status === 412) setTheirs(await sourceOf(id))
    },
  })

  if (theirs !== null) {
    return (
      <Dialog title="Somebody else has saved this study" onClose={onClose}>
        <p>
          Since you opened it, version {theirs.version} was saved. Nothing of yours is lost, and nothing of theirs is
          overwritten yet. This is what you would change in their version:
        </p>
        <Difference before={theirs.text} after={text} label="Your changes to their version" />
        <Trouble error={saving.error instanceof Problem && saving.error.status === 412 ? null : saving.error} />
        <div className="actions">
          <button type="button" className="main" onClick={() => onRebase(theirs)}>
            Go on with mine
          </button>
          <button type="button" onClick={() => onTheirs(theirs)}>
            Take theirs, and drop mine
          </button>
          <button type="button" className="quiet" onClick={onClose}>
            Decide later
          </button>
        </div>
      </Dialog>
    )
  }
  return (
    <Dialog title="Save the study" onClose={onClose}>
      <p>This is what you have changed in version {base.version}:</p>
      <Difference before={base.text} after={text} label="Your changes" />
      <p className="soft small">
        A version that an interview has used stays as it is, and this becomes the next one. Comments (#) are not part of
        a saved guide.
      </p>
      <Trouble error={saving.error} />
      <div className="actions">
        <button type="button" className="main" disabled={saving.isPending} onClick={() => saving.mutate(base.tag)}>
          {saving.isPending ? 'Saving…' : 'Save'}
        </button>
        <button type="button" className="quiet" onClick={onClose}>
          Go on editing
        </button>
      </div>
    </Dialog>
  )
}
