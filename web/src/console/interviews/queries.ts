/** What the views of interviews ask the engine for. */

import { queryOptions } from '@tanstack/react-query'
import { type Schemas, api, got, gotJson, tagged } from '../../engine/client'
import { Problem } from '../../engine/http'
import { listOf } from '../list'
import { type InterviewsSearch, asQuery } from './search'

export type Interview = Schemas['Interview']
export type Answer = Schemas['TranscriptAnswer']
export type Turn = Schemas['TranscriptTurn']

export function interviewsQuery(search: InterviewsSearch) {
  return listOf(['interviews', 'list', search], (cursor, signal) => {
    const query = { ...asQuery(search), limit: 100, ...(cursor === undefined ? {} : { cursor }) }
    return got(api.GET('/api/interviews/', { params: { query }, signal }))
  })
}

const at = (id: string) => ({ params: { path: { id } } })

export function interviewQuery(id: string) {
  return queryOptions({
    queryKey: ['interviews', id],
    queryFn: ({ signal }) => tagged(api.GET('/api/interviews/{id}', { ...at(id), signal })),
    // A call that is on changes what there is to see.
    refetchInterval: (query) => (query.state.data?.row.status === 'in_progress' ? 5_000 : false),
  })
}

export function transcriptQuery(id: string) {
  return queryOptions({
    queryKey: ['interviews', id, 'transcript'],
    queryFn: ({ signal }) => {
      const params = { path: { id }, query: { format: 'json' } }
      return gotJson(api.GET('/api/interviews/{id}/transcript', { params, signal }))
    },
  })
}

/** Returns why there is no recording to hear, or null if there is one. */
export function recordingQuery(id: string) {
  return queryOptions({
    queryKey: ['interviews', id, 'recording'],
    queryFn: async ({ signal }): Promise<string | null> => {
      const range = { headers: { range: 'bytes=0-0' } }
      try {
        await got(api.GET('/api/interviews/{id}/recording', { ...at(id), ...range, parseAs: 'blob', signal }))
        return null
      } catch (error) {
        if (error instanceof Problem && error.status < 500) return error.detail
        throw error
      }
    },
    staleTime: 60_000,
  })
}

/** Alerts of ten years, which is all of them. */
export function alertsQuery(id: string) {
  return queryOptions({
    queryKey: ['alerts', 'interview', id],
    queryFn: ({ signal }) => {
      const query = { interview_id: id, hours: 87_600, limit: 200 }
      return got(api.GET('/api/dashboard/quality-alerts', { params: { query }, signal }))
    },
  })
}

export function receiptQuery(id: string) {
  return queryOptions({
    queryKey: ['interviews', id, 'receipt'],
    queryFn: ({ signal }) => got(api.GET('/api/interviews/{id}/personal-data/receipt', { ...at(id), signal })),
    retry: false,
  })
}
