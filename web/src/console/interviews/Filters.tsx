/** The filters of the list: each change is a new address, so that a view can be kept, sent and gone back to. */

import { useNavigate } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { plain } from '../../ui/Badge'
import { Field } from '../../ui/Field'
import type { Guide } from '../guides/queries'
import { type InterviewsSearch, ORDERS, STATUSES, interviewsSearch } from './search'

interface FiltersProps {
  search: InterviewsSearch
  guides: Guide[]
}

const ORDER_NAMES: Record<(typeof ORDERS)[number], string> = {
  '-created_at': 'Newest first',
  created_at: 'Oldest first',
  '-updated_at': 'Last changed first',
  '-scheduled_at': 'Latest appointment first',
  scheduled_at: 'Earliest appointment first',
}

export function Filters({ search, guides }: FiltersProps) {
  const navigate = useNavigate()

  function apply(form: HTMLFormElement): void {
    const values = Object.fromEntries(
      [...new FormData(form)].filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
    )
    // The usual order needs no name.
    if (values['sort'] === ORDERS[0]) delete values['sort']
    void navigate({ to: '/interviews', search: interviewsSearch(values), resetScroll: false })
  }
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    apply(event.currentTarget)
  }
  const now = (event: { currentTarget: HTMLSelectElement | HTMLInputElement }): void => {
    const { form } = event.currentTarget
    if (form !== null) apply(form)
  }

  return (
    <form className="filters" role="search" aria-label="Filter the interviews" onSubmit={submit}>
      <Field label="Respondent">
        {(control) => (
          <input {...control} name="q" type="search" defaultValue={search.q} placeholder="Name, address, number" />
        )}
      </Field>
      <Field label="Status">
        {(control) => (
          <select {...control} name="status" defaultValue={search.status ?? ''} onChange={now}>
            <option value="">Any</option>
            {STATUSES.map((status) => (
              <option key={status} value={status}>
                {plain(status)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Study">
        {(control) => (
          <select {...control} name="guide" defaultValue={search.guide ?? ''} onChange={now}>
            <option value="">Any</option>
            {search.guide !== undefined && guides.every((guide) => guide.id !== search.guide) && (
              <option value={search.guide}>{search.guide}</option>
            )}
            {guides.map((guide) => (
              <option key={guide.id} value={guide.id}>
                {guide.name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Review">
        {(control) => (
          <select {...control} name="review" defaultValue={search.review ?? ''} onChange={now}>
            <option value="">Any</option>
            <option value="yes">Waits for a review</option>
            <option value="no">Needs none</option>
          </select>
        )}
      </Field>
      <Field label="Tag">
        {(control) => <input {...control} name="tag" defaultValue={search.tag} maxLength={100} />}
      </Field>
      <Field label="Created from">
        {(control) => <input {...control} name="from" type="date" defaultValue={search.from} onBlur={now} />}
      </Field>
      <Field label="Created to">
        {(control) => <input {...control} name="to" type="date" defaultValue={search.to} onBlur={now} />}
      </Field>
      <Field label="Order">
        {(control) => (
          <select {...control} name="sort" defaultValue={search.sort ?? ORDERS[0]} onChange={now}>
            {ORDERS.map((order) => (
              <option key={order} value={order}>
                {ORDER_NAMES[order]}
              </option>
            ))}
          </select>
        )}
      </Field>
      <div className="row">
        <button type="submit">Apply</button>
        <button
          type="button"
          className="quiet"
          onClick={() => void navigate({ to: '/interviews', search: {}, resetScroll: false })}
        >
          Clear
        </button>
      </div>
    </form>
  )
}
