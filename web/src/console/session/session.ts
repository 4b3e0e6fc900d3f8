/**
 * Who is signed in, and waiting for somebody to sign in again.
 *
 * Owns: the requests that wait. Never does: show anything.
 */

import { queryOptions } from '@tanstack/react-query'
import { createContext, useContext } from 'react'
import { type Schemas, door, got, whenSignedOut } from '../../engine/client'

export type Me = Schemas['Me']
export type Role = Schemas['Role']

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => got(door.GET('/api/auth/me', { signal })),
  staleTime: 5 * 60_000,
})

export const methodsQuery = queryOptions({
  queryKey: ['sign-in-methods'],
  queryFn: ({ signal }) => got(door.GET('/api/auth/methods', { signal })),
  staleTime: Infinity,
})

/** The requests that found the session ended. */
class Waiting {
  private readonly resolvers: (() => void)[] = []
  private readonly listeners = new Set<() => void>()

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  readonly isAsked = (): boolean => this.resolvers.length > 0

  ask(): Promise<void> {
    return new Promise((resolve) => {
      this.resolvers.push(resolve)
      this.tell()
    })
  }

  /** Somebody has signed in: every request goes on. */
  goOn(): void {
    for (const resolve of this.resolvers.splice(0)) resolve()
    this.tell()
  }

  private tell(): void {
    for (const listener of this.listeners) listener()
  }
}

export const waiting = new Waiting()
whenSignedOut(() => waiting.ask())

export const MeContext = createContext<Me | null>(null)

export function useMe(): Me {
  const me = useContext(MeContext)
  if (me === null) throw new Error('nobody is signed in here')
  return me
}

const RANKS: Role[] = ['viewer', 'researcher', 'admin']

/** Returns whether a role includes another one. */
export function includes(role: Role, least: Role): boolean {
  return RANKS.indexOf(role) >= RANKS.indexOf(least)
}

/** Returns whether the caller may do what needs at least this role. */
export function useMay(least: Role): boolean {
  return includes(useMe().role, least)
}
