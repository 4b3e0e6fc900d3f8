/** The outline of a guide as a form, beside its text: each change is written into the text at once. */

import { useEffect, useState } from 'react'
import { plain } from '../../ui/Badge'
import { Field } from '../../ui/Field'
import { type Edit, type Outline, type Question, TYPES } from './outline'

interface OutlineFormProps {
  /** Null while the text cannot be read. */
  outline: Outline | null
  edit: (edit: Edit) => void
}

const TYPE_NAMES = { open: 'Open', closed: 'Yes or no', scale: 'Scale', multiple_choice: 'Multiple choice' } as const

export function OutlineForm({ outline, edit }: OutlineFormProps) {
  if (outline === null) {
    return <p className="card warn">The outline comes back when the text can be read as YAML again.</p>
  }
  return (
    <div className="outline">
      <Field label="Title">
        {(control) => (
          <Written {...control} value={outline.name} onWrite={(value) => edit({ do: 'set', field: 'name', value })} />
        )}
      </Field>
      <Field label="Research objective" hint="The respondent is told this as the aim of the study.">
        {(control) => (
          <Written
            {...control}
            lines={2}
            value={outline.objective}
            onWrite={(value) => edit({ do: 'set', field: 'research_objective', value })}
          />
        )}
      </Field>
      {outline.sections.map((section, index) => (
        <fieldset key={index} className="card">
          <legend className="hidden">
            Section {index + 1}: {section.name}
          </legend>
          <Field label={`Section ${index + 1}`}>
            {(control) => (
              <Written
                {...control}
                value={section.name}
                onWrite={(value) => edit({ do: 'set-section', section: index, value })}
              />
            )}
          </Field>
          <Moves
            what={`section ${index + 1}`}
            first={index === 0}
            last={index === outline.sections.length - 1}
            onMove={(by) => edit({ do: 'move-section', section: index, by })}
            onRemove={() => edit({ do: 'remove-section', section: index })}
          />
          <ol className="list">
            {section.questions.map((question, place) => (
              <QuestionForm
                key={place}
                name={`${index + 1}.${place + 1}`}
                question={question}
                first={index === 0 && place === 0}
                last={index === outline.sections.length - 1 && place === section.questions.length - 1}
                onChange={(change) => edit({ do: 'set-question', section: index, question: place, change })}
                onMove={(by) => edit({ do: 'move-question', section: index, question: place, by })}
                onRemove={() => edit({ do: 'remove-question', section: index, question: place })}
              />
            ))}
          </ol>
          <button type="button" className="small" onClick={() => edit({ do: 'add-question', section: index })}>
            Add a question
          </button>
        </fieldset>
      ))}
      <button type="button" onClick={() => edit({ do: 'add-section' })}>
        Add a section
      </button>
    </div>
  )
}

interface MovesProps {
  what: string
  first: boolean
  last: boolean
  onMove: (by: 1 | -1) => void
  onRemove: () => void
}

function Moves({ what, first, last, onMove, onRemove }: MovesProps) {
  return (
    <span className="row moves">
      <button
        type="button"
        className="small quiet"
        disabled={first}
        aria-label={`Move ${what} up`}
        onClick={() => onMove(-1)}
      >
        ↑
      </button>
      <button
        type="button"
        className="small quiet"
        disabled={last}
        aria-label={`Move ${what} down`}
        onClick={() => onMove(1)}
      >
        ↓
      </button>
      <button type="button" className="small quiet" aria-label={`Remove ${what}`} onClick={onRemove}>
        Remove
      </button>
    </span>
  )
}

interface QuestionFormProps {
  name: string
  question: Question
  first: boolean
  last: boolean
  onChange: (change: Partial<Question>) => void
  onMove: (by: 1 | -1) => void
  onRemove: () => void
}

function QuestionForm({ name, question, first, last, onChange, onMove, onRemove }: QuestionFormProps) {
  const { scale } = question
  return (
    <li
      onKeyDown={(event) => {
        // The keyboard's way to drag.
        if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return
        event.preventDefault()
        onMove(event.key === 'ArrowUp' ? -1 : 1)
      }}
    >
      <Field label={`Question ${name}`}>
        {(control) => <Written {...control} lines={2} value={question.text} onWrite={(text) => onChange({ text })} />}
      </Field>
      <div className="row">
        <label className="grow">
          <span className="hidden">Type of question {name}</span>
          <select
            value={question.type}
            onChange={(event) => {
              const type = TYPES.find((one) => one === event.target.value)
              if (type !== undefined) onChange({ type })
            }}
          >
            {TYPES.map((type) => (
              <option key={type} value={type}>
                {TYPE_NAMES[type]}
              </option>
            ))}
          </select>
        </label>
        <label className="check">
          <input
            type="checkbox"
            checked={question.required}
            onChange={(event) => onChange({ required: event.target.checked })}
          />
          Required
        </label>
        <Moves what={`question ${name}`} first={first} last={last} onMove={onMove} onRemove={onRemove} />
      </div>
      {question.type === 'multiple_choice' && (
        <Field label="Options" hint="One in each line.">
          {(control) => (
            <Written
              {...control}
              lines={Math.max(2, question.options.length)}
              value={question.options.join('\n')}
              onWrite={(text) =>
                onChange({
                  options: text
                    .split('\n')
                    .map((line) => line.trim())
                    .filter((line) => line !== ''),
                })
              }
            />
          )}
        </Field>
      )}
      {question.type === 'scale' && scale !== null && (
        <div className="row">
          {(['min', 'max'] as const).map((end) => (
            <label key={end}>
              {plain(end === 'min' ? 'from' : 'to')}
              <input
                type="number"
                value={scale[end]}
                onChange={(event) => onChange({ scale: { ...scale, [end]: event.target.valueAsNumber || 0 } })}
              />
            </label>
          ))}
        </div>
      )}
    </li>
  )
}

interface WrittenProps {
  id: string
  value: string
  lines?: number
  onWrite: (value: string) => void
}

/**
 * A text that is written into the guide as it is typed. What is typed stands by itself meanwhile: read back from
 * the guide, a space at its end would be gone.
 */
function Written({ value, lines, onWrite, ...control }: WrittenProps) {
  const [typed, setTyped] = useState(value)
  const [writing, setWriting] = useState(false)
  useEffect(() => {
    if (!writing) setTyped(value)
  }, [value, writing])
  const handlers = {
    ...control,
    value: typed,
    onFocus: () => setWriting(true),
    onBlur: () => setWriting(false),
    onChange: (event: { target: { value: string } }) => {
      setTyped(event.target.value)
      onWrite(event.target.value)
    },
  }
  return lines === undefined ? <input {...handlers} /> : <textarea rows={lines} {...handlers} />
}
