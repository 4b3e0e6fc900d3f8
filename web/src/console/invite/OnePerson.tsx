/** An invitation for one person. */

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useRef } from 'react'
import { isLocal } from '../../engine/joinLink'
import { CopyField } from '../../ui/CopyField'
import { Field } from '../../ui/Field'
import { Trouble, faultAt } from '../../ui/Trouble'
import { Time } from '../../ui/time'
import { set, text } from '../address'
import { type Person, timeOf } from './people'
import { schedule } from './schedule'

const POINTERS = ['/respondent_name', '/respondent_email', '/respondent_phone', '/scheduled_at']

export function OnePerson({ guide }: { guide: string }) {
  const queries = useQueryClient()
  const form = useRef<HTMLFormElement>(null)
  const invite = useMutation({
    mutationFn: (person: Person) => schedule(guide, person, crypto.randomUUID()),
    onSuccess: () => {
      form.current?.reset()
      void queries.invalidateQueries({ queryKey: ['interviews', 'list'] })
    },
  })
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    const at = text(fields.get('at'))
    invite.mutate(
      set({
        name: text(fields.get('name')),
        email: text(fields.get('email')),
        phone: text(fields.get('phone')),
        at: at === undefined ? undefined : timeOf(at)?.toISOString(),
      }),
    )
  }
  const { error, data } = invite
  return (
    <>
      <form ref={form} onSubmit={submit} className="card">
        <div className="filters">
          <Field
            label="Name"
            hint="The interviewer uses it in the greeting."
            fault={faultAt(error, '/respondent_name')}
          >
            {(control) => <input {...control} name="name" maxLength={200} autoComplete="off" />}
          </Field>
          <Field label="E-mail" hint="Kept with the interview." fault={faultAt(error, '/respondent_email')}>
            {(control) => <input {...control} name="email" type="email" maxLength={254} autoComplete="off" />}
          </Field>
          <Field label="Phone" hint="Kept with the interview." fault={faultAt(error, '/respondent_phone')}>
            {(control) => <input {...control} name="phone" type="tel" maxLength={50} autoComplete="off" />}
          </Field>
          <Field label="Appointment" hint="Without one, the link opens now." fault={faultAt(error, '/scheduled_at')}>
            {(control) => <input {...control} name="at" type="datetime-local" />}
          </Field>
        </div>
        <Trouble error={error} shown={POINTERS} />
        <button type="submit" className="main" disabled={invite.isPending}>
          {invite.isPending ? 'Making the link…' : 'Make the link'}
        </button>
      </form>
      <div role="status">
        {data !== undefined && (
          <div className="card">
            <CopyField label={`The link for ${data.respondent_name ?? 'the respondent'}`} value={data.join_url} />
            <p className="soft small">
              It is shown only here, and valid until <Time at={data.join_expires_at} />. Anybody who has it can take
              part.{' '}
              {isLocal(data.join_url) &&
                'It works on this machine only, as long as the engine has no public address (PUBLIC_URL). '}
              <Link to="/interviews/$id" params={{ id: data.id }}>
                Open the interview
              </Link>
            </p>
          </div>
        )}
      </div>
    </>
  )
}
