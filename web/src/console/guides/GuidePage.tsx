/** One study: read it, change it, and save it as the next version. */

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Problem } from '../../engine/http'
import { Confirm } from '../../ui/Confirm'
import { Loading } from '../../ui/Loading'
import { Trouble } from '../../ui/Trouble'
import { View } from '../../ui/View'
import { Time } from '../../ui/time'
import { NotFound } from '../Frame'
import { useMay } from '../session/session'
import { SaveDialog } from './SaveDialog'
import { Workbench } from './Workbench'
import { type Draft, draftOf, dropDraft } from './draft'
import { outlineOf } from './outline'
import { type Source, remove, sourceQuery } from './queries'

const route = getRouteApi('/studies/$id')

export function GuidePage() {
  const { id } = route.useParams()
  const source = useQuery(sourceQuery(id))
  if (source.error instanceof Problem && [400, 404].includes(source.error.status)) return <NotFound />
  if (source.data === undefined) {
    return source.error === null ? (
      <Loading what="the study" />
    ) : (
      <Trouble error={source.error} retry={() => void source.refetch()} />
    )
  }
  return <Editing key={id} id={id} opened={source.data} />
}

/** What is being edited stays what it is, whatever is fetched meanwhile. */
function Editing({ id, opened }: { id: string; opened: Source }) {
  const may = useMay('researcher')
  const queries = useQueryClient()
  const [draft, setDraft] = useState<Draft | null>(() => {
    const found = may ? draftOf(id) : null
    return found === null || found.text === opened.text ? null : found
  })
  const [text, setText] = useState(draft?.text ?? opened.text)
  const [saved, setSaved] = useState<Source>(
    draft === null || draft.tag === opened.tag ? opened : { ...opened, tag: draft.tag, version: draft.version },
  )
  const [saving, setSaving] = useState(false)
  const [said, setSaid] = useState('')
  const name = outlineOf(text)?.name || saved.name

  return (
    <View
      title={name}
      above={<Link to="/studies">Studies</Link>}
      actions={
        <>
          {may && (
            <Link to="/invite" search={{ guide: id }} className="button">
              Invite
            </Link>
          )}
          <Link to="/interviews" search={{ guide: id }} className="button">
            Interviews
          </Link>
          <Link to="/studies/$id/versions" params={{ id }} className="button">
            Versions
          </Link>
          <a className="button" href={`/api/call-guides/${id}/export?format=yaml`} download>
            Download
          </a>
          {may && <Remove id={id} tag={saved.tag} name={name} />}
        </>
      }
    >
      {draft !== null && (
        <p className="card row wide">
          <span>
            These are your changes of <Time at={draft.at} />, which are not saved yet.
            {draft.tag !== opened.tag && ' Somebody has saved the study since.'}
          </span>
          <button
            type="button"
            className="quiet"
            onClick={() => {
              dropDraft(id)
              setDraft(null)
              setSaved(opened)
              setText(opened.text)
            }}
          >
            Drop them
          </button>
        </p>
      )}
      <p role="status" className="soft">
        {said}
      </p>
      <Workbench
        draft={id}
        text={text}
        onText={setText}
        saved={saved}
        editable={may}
        actions={({ valid, changed }) => (
          <>
            <span className="soft">
              Version {saved.version}
              {changed ? ', changed' : ''}
            </span>
            {may && (
              <button type="button" className="main" disabled={!valid || !changed} onClick={() => setSaving(true)}>
                Save…
              </button>
            )}
          </>
        )}
      />
      {saving && (
        <SaveDialog
          id={id}
          text={text}
          base={saved}
          onClose={() => setSaving(false)}
          onRebase={(theirs) => {
            setSaved(theirs)
            setSaving(false)
            setSaid(`You are now changing version ${theirs.version}, which somebody else has saved.`)
          }}
          onTheirs={(theirs) => {
            setSaved(theirs)
            setText(theirs.text)
            setDraft(null)
            setSaving(false)
            setSaid(`This is version ${theirs.version}, as somebody else has saved it.`)
          }}
          onSaved={(now) => {
            setSaved(now)
            setDraft(null)
            setSaving(false)
            setSaid(`Saved as version ${now.version}.`)
            void queries.invalidateQueries({ queryKey: ['guides', 'list'] })
            void queries.invalidateQueries({ queryKey: ['guides', 'all'] })
            void queries.invalidateQueries({ queryKey: ['guides', id, 'versions'] })
          }}
        />
      )}
    </View>
  )
}

function Remove({ id, tag, name }: { id: string; tag: string; name: string }) {
  const [asked, setAsked] = useState(false)
  const queries = useQueryClient()
  const navigate = useNavigate()
  const gone = useMutation({
    mutationFn: () => remove(id, tag),
    onSuccess: async () => {
      dropDraft(id)
      await navigate({ to: '/studies' })
      queries.removeQueries({ queryKey: ['guides', id] })
      await queries.invalidateQueries({ queryKey: ['guides'] })
    },
  })
  return (
    <>
      <button type="button" className="danger" onClick={() => setAsked(true)}>
        Remove
      </button>
      {asked && (
        <Confirm
          title="Remove the study?"
          action="Remove the study"
          busy={gone.isPending}
          error={gone.error}
          onConfirm={() => gone.mutate()}
          onClose={() => setAsked(false)}
        >
          <p>
            “{name}” is removed with all its versions. A study that interviews were scheduled or held with cannot be
            removed.
          </p>
        </Confirm>
      )}
    </>
  )
}
