/** The frame of every view: where one is, where one can go, who one is. */

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { Suspense, useEffect, useState } from 'react'
import { door, got } from '../engine/client'
import { Loading } from '../ui/Loading'
import { Trouble } from '../ui/Trouble'
import { View } from '../ui/View'
import icon from '../ui/icon.svg'
import { meQuery, useMe } from './session/session'

const ROOMS = [
  { to: '/', name: 'Home' },
  { to: '/studies', name: 'Studies' },
  { to: '/invite', name: 'Invite' },
  { to: '/interviews', name: 'Interviews' },
  { to: '/findings', name: 'Findings' },
  { to: '/operations', name: 'Operations' },
] as const

export function Frame() {
  const [open, setOpen] = useState(false)
  const { pathname } = useLocation()
  useEffect(() => setOpen(false), [pathname])
  return (
    <div className="console">
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="bar">
        <Link to="/" className="brand">
          <img src={icon} alt="" width="26" height="26" />
          <span>Expert Interviewers</span>
        </Link>
        <button
          type="button"
          className="quiet menu"
          aria-expanded={open}
          aria-controls="rooms"
          onClick={() => setOpen(!open)}
        >
          Menu
        </button>
        <nav id="rooms" aria-label="Console" className={open ? 'rooms open' : 'rooms'}>
          <ul>
            {ROOMS.map(({ to, name }) => (
              <li key={to}>
                <Link to={to} activeOptions={{ exact: to === '/', includeSearch: false }}>
                  {name}
                </Link>
              </li>
            ))}
          </ul>
          <Who />
        </nav>
      </header>
      <main id="content" tabIndex={-1}>
        <Suspense fallback={<Loading what="this page" />}>
          <Outlet />
        </Suspense>
      </main>
    </div>
  )
}

/** Who one is, and the way out. Nobody signs out at the engine's own machine, because nobody signed in. */
function Who() {
  const me = useMe()
  const queries = useQueryClient()
  const signOut = useMutation({
    mutationFn: () => got(door.POST('/api/auth/logout')),
    onSettled: () => {
      // Nothing of what one has seen stays.
      const others = { predicate: (query: { queryKey: readonly unknown[] }) => query.queryKey[0] !== 'me' }
      void queries.resetQueries({ queryKey: meQuery.queryKey })
      void queries.cancelQueries(others)
      queries.removeQueries(others)
    },
  })
  return (
    <div className="who">
      <p>
        {me.user === null ? 'At this machine' : me.user.name}
        <span className="soft"> ({me.role})</span>
      </p>
      {me.user !== null && (
        <button type="button" className="quiet" disabled={signOut.isPending} onClick={() => signOut.mutate()}>
          Sign out
        </button>
      )}
      <a href="/docs/" className="soft">
        API reference
      </a>
    </div>
  )
}

export function NotFound() {
  return (
    <View title="There is nothing here">
      <p>The address may have been mistyped, or what it named was removed.</p>
      <p>
        <Link to="/">Go to the home page of the console</Link>
      </p>
    </View>
  )
}

/** A view that has a fault of its own. */
export function Broken({ error }: { error: unknown }) {
  return (
    <View title="This page has a problem">
      <Trouble error={error} />
      <p>
        <button type="button" className="main" onClick={() => window.location.reload()}>
          Reload the page
        </button>
      </p>
    </View>
  )
}
