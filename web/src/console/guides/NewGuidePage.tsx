/** A new study: begun with a template, a file, or nothing. */

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { type ChangeEvent, type DragEvent, useState } from 'react'
import { Trouble } from '../../ui/Trouble'
import { View } from '../../ui/View'
import { Time } from '../../ui/time'
import { Workbench } from './Workbench'
import { draftOf, dropDraft } from './draft'
import { outlineOf } from './outline'
import { create } from './queries'

/** The guides that come with the engine, fetched only when they are needed. */
const SHIPPED = import.meta.glob<string>('../../../../guides/*.yaml', { query: '?raw', import: 'default' })

const BLANK = `name: New study
research_objective: What you want to learn.
estimated_duration_minutes: 10
max_duration_minutes: 20
sections:
  - section_name: First section
    questions:
      - text: What is your first question?
        required: true
`

/** As large as the engine takes. */
const MOST_BYTES = 1 << 20

const NONE = { text: '', tag: '', version: 0 }

export function NewGuidePage() {
  const [draft] = useState(() => draftOf('new'))
  const [text, setText] = useState<string | null>(draft?.text ?? null)
  const [resumed, setResumed] = useState(draft !== null)
  const queries = useQueryClient()
  const navigate = useNavigate()
  const save = useMutation({
    mutationFn: create,
    onSuccess: async (guide) => {
      dropDraft('new')
      setText(null)
      await queries.invalidateQueries({ queryKey: ['guides'] })
      await navigate({ to: '/studies/$id', params: { id: guide.id } })
    },
  })

  const above = <Link to="/studies">Studies</Link>
  if (text === null) {
    return (
      <View
        title="New study"
        above={above}
        lead="Begin with what is nearest to what you need. Everything can be changed."
      >
        <Starts onStart={setText} />
      </View>
    )
  }
  return (
    <View title="New study" above={above}>
      {resumed && draft !== null && (
        <p className="card row wide">
          <span>
            This is what you were writing on <Time at={draft.at} />. It is not saved yet.
          </span>
          <button
            type="button"
            className="quiet"
            onClick={() => {
              dropDraft('new')
              setResumed(false)
              setText(null)
            }}
          >
            Begin again
          </button>
        </p>
      )}
      <Workbench
        draft="new"
        text={text}
        onText={setText}
        saved={NONE}
        editable
        actions={({ valid }) => (
          <>
            <button
              type="button"
              className="main"
              disabled={!valid || save.isPending}
              onClick={() => save.mutate(text)}
            >
              {save.isPending ? 'Saving…' : 'Save the study'}
            </button>
            <Trouble error={save.error} />
          </>
        )}
      />
    </View>
  )
}

function Starts({ onStart }: { onStart: (text: string) => void }) {
  const [over, setOver] = useState(false)
  const [fault, setFault] = useState<Error | null>(null)
  const templates = useQuery({
    queryKey: ['templates'],
    queryFn: async () => {
      const texts = await Promise.all(Object.values(SHIPPED).map((load) => load()))
      return texts.map((source) => ({ source, outline: outlineOf(source) }))
    },
    staleTime: Infinity,
  })

  async function take(file: File | undefined): Promise<void> {
    if (file === undefined) return
    if (file.size > MOST_BYTES) return setFault(new Error('The file is larger than 1 MiB, which no guide is'))
    onStart(await file.text())
  }
  function drop(event: DragEvent): void {
    event.preventDefault()
    setOver(false)
    void take(event.dataTransfer.files[0])
  }
  return (
    <>
      <div className="cards">
        <section className="card">
          <h2>Nothing yet</h2>
          <p>One section with one question, to be written by hand or pasted over.</p>
          <button type="button" className="main" onClick={() => onStart(BLANK)}>
            Begin with an empty study
          </button>
        </section>
        {templates.data?.map(({ source, outline }) => (
          <section key={source} className="card">
            <h2>{outline?.name}</h2>
            <p>{outline?.objective}</p>
            <p className="soft small">
              {outline?.sections.reduce((sum, section) => sum + section.questions.length, 0)} questions
            </p>
            <button type="button" onClick={() => onStart(source)}>
              Use “{outline?.name}”
            </button>
          </section>
        ))}
      </div>
      <Trouble error={templates.error} />
      <div
        className={over ? 'drop over' : 'drop'}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <label>
          Drop a file here, or choose one (YAML or JSON)
          <input
            type="file"
            accept=".yaml,.yml,.json,application/yaml,application/json"
            onChange={(event: ChangeEvent<HTMLInputElement>) => void take(event.target.files?.[0])}
          />
        </label>
      </div>
      <Trouble error={fault} />
    </>
  )
}
