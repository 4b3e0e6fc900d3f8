/** What is done to an interview. What is shown of it follows at once. */

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type Schemas, api, got, tagged } from '../../engine/client'
import { Problem } from '../../engine/http'
import type { Interview } from './queries'

type Annotation = Schemas['AnnotateInterview']

/** Somebody else changed it first: the new state is shown, and what was typed is kept. */
export class ChangedMeanwhile extends Error {
  constructor() {
    super(
      'Somebody else changed this interview in the meantime. It is shown as it is now; try again if you still want to.',
    )
  }
}

function useFresh(id: string): (interview?: { row: Interview; tag: string }) => Promise<void> {
  const queries = useQueryClient()
  return async (interview) => {
    if (interview !== undefined) queries.setQueryData(['interviews', id], interview)
    else await queries.invalidateQueries({ queryKey: ['interviews', id] })
    // Not awaited: the lists are seldom in sight.
    void queries.invalidateQueries({ queryKey: ['interviews', 'list'] })
    void queries.invalidateQueries({ queryKey: ['review-queue'] })
  }
}

/** Changes tags, notes, and whether a person should look at it, in the state that was shown. */
export function useAnnotate(id: string, tag: string) {
  const fresh = useFresh(id)
  return useMutation({
    mutationFn: async (body: Annotation) => {
      const params = { path: { id }, header: { 'If-Match': tag } }
      try {
        return await tagged(api.PATCH('/api/interviews/{id}', { params, body }))
      } catch (error) {
        if (!(error instanceof Problem && error.status === 412)) throw error
        await fresh()
        throw new ChangedMeanwhile()
      }
    },
    onSuccess: (interview) => fresh(interview),
  })
}

export function useReview(id: string) {
  const fresh = useFresh(id)
  return useMutation({
    mutationFn: (body: Schemas['ReviewInterview']) => {
      return got(api.POST('/api/interviews/{id}/review', { params: { path: { id } }, body }))
    },
    onSuccess: () => fresh(),
  })
}

/** Opens the room now, with a fresh link. */
export function useOpenNow(id: string) {
  const fresh = useFresh(id)
  return useMutation({
    mutationFn: () => got(api.POST('/api/interviews/{id}/start', { params: { path: { id } } })),
    onSuccess: () => fresh(),
  })
}

export function useCancel(id: string) {
  const fresh = useFresh(id)
  return useMutation({
    mutationFn: () => got(api.DELETE('/api/interviews/{id}', { params: { path: { id } } })),
    onSuccess: () => fresh(),
  })
}

export function useStopRecording(id: string) {
  const fresh = useFresh(id)
  return useMutation({
    mutationFn: (body: Schemas['StopRecording']) => {
      return got(api.POST('/api/interviews/{id}/recording/stop', { params: { path: { id } }, body }))
    },
    onSuccess: () => fresh(),
  })
}

export function useErase(id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => got(api.DELETE('/api/interviews/{id}/personal-data', { params: { path: { id } } })),
    // Everything that was fetched may hold something of the person.
    onSuccess: () => queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'me' }),
  })
}
