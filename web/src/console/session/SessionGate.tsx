/** Lets in whoever the engine knows, and asks everybody else to sign in, without losing what they were at. */

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useSyncExternalStore } from 'react'
import { Problem } from '../../engine/http'
import { Dialog } from '../../ui/Dialog'
import { Loading } from '../../ui/Loading'
import { Screen } from '../../ui/Screen'
import { Trouble } from '../../ui/Trouble'
import { SignIn } from './SignIn'
import { MeContext, meQuery, waiting } from './session'

export function SessionGate({ children }: { children: ReactNode }) {
  const queries = useQueryClient()
  const me = useQuery(meQuery)
  const asked = useSyncExternalStore(waiting.subscribe, waiting.isAsked)

  if (me.data !== undefined) {
    return (
      <MeContext value={me.data}>
        {children}
        {asked && (
          <Dialog title="Your session has ended" onClose={() => undefined}>
            <p>Sign in again to go on. What you have typed is still there.</p>
            <SignIn
              email={me.data.user?.email ?? ''}
              onSignedIn={() => {
                waiting.goOn()
                // Somebody else may see and do other things.
                void queries.invalidateQueries()
              }}
            />
          </Dialog>
        )}
      </MeContext>
    )
  }
  if (me.error instanceof Problem && me.error.status === 401) {
    return (
      <Screen name="sign-in" title="Sign in" label="Sign in: Console">
        <div className="card">
          <SignIn
            onSignedIn={() => {
              waiting.goOn()
              void queries.resetQueries({ queryKey: meQuery.queryKey })
            }}
          />
        </div>
      </Screen>
    )
  }
  if (me.error !== null) {
    return (
      <Screen name="console-failed" title="The console cannot be shown">
        <Trouble error={me.error} retry={() => void me.refetch()} />
      </Screen>
    )
  }
  return <Loading what="the console" />
}
