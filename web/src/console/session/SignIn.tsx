/** The form to sign in with: a password, and the OpenID provider where the engine has one. */

import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useRef } from 'react'
import { door, got } from '../../engine/client'
import { Field } from '../../ui/Field'
import { Trouble } from '../../ui/Trouble'
import { text } from '../address'
import { methodsQuery } from './session'

interface SignInProps {
  email?: string
  onSignedIn: () => void
}

export function SignIn({ email = '', onSignedIn }: SignInProps) {
  const password = useRef<HTMLInputElement>(null)
  const methods = useQuery(methodsQuery)
  const signIn = useMutation({
    mutationFn: (form: FormData) => {
      const workspace = text(form.get('workspace'))
      const body = {
        email: String(form.get('email')),
        password: String(form.get('password')),
        // The session is kept in a cookie that scripts cannot read.
        cookie: true,
        ...(workspace === undefined ? {} : { workspace }),
      }
      return got(door.POST('/api/auth/login', { body }))
    },
    onSuccess: onSignedIn,
    onError: () => password.current?.select(),
  })

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault()
    signIn.mutate(new FormData(event.currentTarget))
  }

  const here = window.location.pathname + window.location.search
  return (
    <>
      <form onSubmit={submit}>
        <Trouble error={signIn.error} />
        <Field label="E-mail">
          {(control) => (
            <input {...control} name="email" type="email" autoComplete="username" required defaultValue={email} />
          )}
        </Field>
        <Field label="Password">
          {(control) => (
            <input
              {...control}
              ref={password}
              name="password"
              type="password"
              autoComplete="current-password"
              required
            />
          )}
        </Field>
        <details className="more">
          <summary>Another workspace</summary>
          <Field label="Workspace" hint="Its name. Leave it empty for the default one.">
            {(control) => <input {...control} name="workspace" maxLength={100} autoComplete="organization" />}
          </Field>
        </details>
        <div className="actions">
          <button type="submit" className="main" disabled={signIn.isPending}>
            {signIn.isPending ? 'Signing in…' : 'Sign in'}
          </button>
          {methods.data?.oidc === true && (
            <a className="button" href={`/api/auth/oidc/login?next=${encodeURIComponent(here)}`}>
              Sign in with your organisation
            </a>
          )}
        </div>
      </form>
      <p className="soft small">
        An admin adds users in the console under Operations, or with <code>interviewer user create</code> at the
        engine's own machine.
      </p>
    </>
  )
}
