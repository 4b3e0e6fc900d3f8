/** Invitations for a list of people: checked row by row before anything is made, with the links to take away. */

import { type ChangeEvent, useMemo, useState } from 'react'
import { Badge } from '../../ui/Badge'
import { Field } from '../../ui/Field'
import { Status } from '../../ui/Screen'
import { Trouble } from '../../ui/Trouble'
import { Time } from '../../ui/time'
import type { Guide } from '../guides/queries'
import { download } from './download'
import { type People, type Row, asCsv, peopleOf } from './people'
import { type Outcome, useInvitations } from './useInvitations'

const EXAMPLE = 'name,email,phone,time\nDana Fox,dana@example.org,,2030-01-31 09:00\n'

export function ManyPeople({ guide }: { guide: Guide }) {
  const [text, setText] = useState('')
  const [unreadable, setUnreadable] = useState<Error | null>(null)
  const people = useMemo(() => (text.trim() === '' ? null : peopleOf(text, new Date())), [text])
  const invitations = useInvitations(guide.id)
  const { outcomes, running } = invitations
  const done = new Set(outcomes.filter((one) => one.scheduled !== null).map((one) => one.row.line))
  const good = people?.rows.filter((row) => row.faults.length === 0 && !done.has(row.line)) ?? []

  async function take(event: ChangeEvent<HTMLInputElement>): Promise<void> {
    const file = event.target.files?.[0]
    if (file === undefined) return
    setUnreadable(null)
    if (file.size > 1 << 20) return setUnreadable(new Error('The file is larger than 1 MiB'))
    setText(await file.text())
  }
  const started = outcomes.length > 0 || running
  return (
    <div className="card">
      {!started && (
        <>
          <Field
            label="A file of people (CSV)"
            hint="The first line names the columns: name, email, phone, time. Times without a zone are yours."
          >
            {(control) => (
              <input {...control} type="file" accept=".csv,.tsv,.txt,text/csv" onChange={(event) => void take(event)} />
            )}
          </Field>
          <Trouble error={unreadable} />
          <Field label="Or paste the list here">
            {(control) => (
              <textarea
                {...control}
                rows={6}
                spellCheck={false}
                placeholder={EXAMPLE}
                value={text}
                onChange={(event) => setText(event.target.value)}
              />
            )}
          </Field>
        </>
      )}
      {people !== null && !started && <Checked people={people} />}
      {started && <Results guide={guide} outcomes={outcomes} />}
      <Status>
        {running && `${outcomes.length} of ${people?.rows.length ?? 0} done.`}
        {!running && started && `${done.size} links were made.`}
      </Status>
      <div className="row">
        {people !== null && people.faults.length === 0 && good.length > 0 && !running && (
          <button type="button" className="main" onClick={() => void invitations.start(good)}>
            {started
              ? `Try the other ${good.length} again`
              : `Make ${good.length === 1 ? 'the link' : `${good.length} links`}`}
          </button>
        )}
        {running && (
          <button type="button" onClick={invitations.stop}>
            Stop
          </button>
        )}
      </div>
    </div>
  )
}

function Checked({ people }: { people: People }) {
  const faulty = people.rows.filter((row) => row.faults.length > 0)
  return (
    <>
      <div role="status">
        {people.faults.map((fault) => (
          <p key={fault} className="fault">
            {fault}
          </p>
        ))}
        {people.faults.length === 0 && (
          <p>
            {people.rows.length} people were read.{' '}
            {faulty.length > 0 && `${faulty.length} of them cannot be invited as they are and would be left out.`}
          </p>
        )}
        {people.ignored.length > 0 && <p className="soft">These columns are not used: {people.ignored.join(', ')}.</p>}
      </div>
      {people.rows.length > 0 && <RowTable rows={people.rows} />}
    </>
  )
}

function RowTable({ rows }: { rows: Row[] }) {
  return (
    <div className="table" role="region" aria-label="The list, row by row" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Line</th>
            <th scope="col">Name</th>
            <th scope="col">E-mail</th>
            <th scope="col" data-narrow="hide">
              Phone
            </th>
            <th scope="col" data-narrow="hide">
              Appointment
            </th>
            <th scope="col">Check</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, 200).map((row) => (
            <tr key={row.line}>
              <td>{row.line}</td>
              <td>{row.person.name ?? '–'}</td>
              <td>{row.person.email ?? '–'}</td>
              <td data-narrow="hide">{row.person.phone ?? '–'}</td>
              <td data-narrow="hide">
                <Time at={row.person.at} none="Any time" />
              </td>
              <td>
                {row.faults.length === 0 ? (
                  <Badge tone="good">Good</Badge>
                ) : (
                  <span className="fault">{row.faults.join(' ')}</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > 200 && <p className="soft small">Only the first 200 rows are shown.</p>}
    </div>
  )
}

function Results({ guide, outcomes }: { guide: Guide; outcomes: Outcome[] }) {
  const [said, setSaid] = useState('')
  const made = outcomes.flatMap(({ scheduled }) => (scheduled === null ? [] : [scheduled]))
  const rows = made.map((one) => ({
    name: one.respondent_name ?? '',
    email: one.respondent_email ?? '',
    phone: one.respondent_phone ?? '',
    appointment: one.scheduled_at ?? '',
    link: one.join_url,
    valid_until: one.join_expires_at,
    interview: one.id,
  }))
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(
        rows.map((row) => [row.name || row.email || row.phone, row.link].join('\t')).join('\n'),
      )
      setSaid('Copied.')
    } catch {
      setSaid('This browser does not let pages copy. Take the file instead.')
    }
  }
  return (
    <>
      <h2>The links</h2>
      <p className="soft">They are shown only here. Take them away before you leave this page.</p>
      <div className="row">
        <button
          type="button"
          className="main"
          disabled={rows.length === 0}
          onClick={() =>
            download(`links-${guide.name.replace(/[^\w-]+/g, '-').toLowerCase()}.csv`, 'text/csv', asCsv(rows))
          }
        >
          Download the links
        </button>
        <button type="button" disabled={rows.length === 0} onClick={() => void copy()}>
          Copy the links
        </button>
        <Status>{said}</Status>
      </div>
      <div className="table" role="region" aria-label="The links" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Respondent</th>
              <th scope="col">Link</th>
            </tr>
          </thead>
          <tbody>
            {outcomes.map(({ row, scheduled, fault }) => (
              <tr key={row.line}>
                <td>{row.line}</td>
                <td>{row.person.name ?? row.person.email ?? row.person.phone}</td>
                <td>
                  {scheduled === null ? <span className="fault">{fault}</span> : <code>{scheduled.join_url}</code>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}
