/** What the findings are made of. */

import { queryOptions } from '@tanstack/react-query'
import { type Schemas, api, got, gotJson } from '../../engine/client'
import { set } from '../address'
import { listOf } from '../list'
import { type FindingsSearch, PERIODS } from './search'

export type Report = Schemas['InsightExtraction']

const query = ({ period = 'month', guide }: FindingsSearch) => set({ hours: PERIODS[period], call_guide_id: guide })

export function summaryQuery(search: FindingsSearch) {
  return queryOptions({
    queryKey: ['findings', 'summary', search],
    queryFn: ({ signal }) => got(api.GET('/api/analytics/summary', { params: { query: query(search) }, signal })),
  })
}

export function sentimentsQuery(search: FindingsSearch) {
  return queryOptions({
    queryKey: ['findings', 'sentiments', search],
    queryFn: ({ signal }) =>
      got(api.GET('/api/dashboard/sentiment-trends', { params: { query: query(search) }, signal })),
  })
}

/** The engine does not tell these by study. */
export function qualityQuery({ period = 'month' }: FindingsSearch) {
  return queryOptions({
    queryKey: ['findings', 'quality', period],
    queryFn: ({ signal }) => {
      const params = { query: { hours: PERIODS[period] } }
      return got(api.GET('/api/dashboard/response-quality', { params, signal }))
    },
  })
}

export function reportsQuery(guide: string | undefined) {
  return listOf(['reports', 'list', guide ?? null], (cursor, signal) => {
    const query = set({ limit: 50, call_guide_id: guide, cursor })
    return got(api.GET('/api/analytics/insights/', { params: { query }, signal }))
  })
}

export function reportQuery(id: string) {
  return queryOptions({
    queryKey: ['reports', id],
    queryFn: async ({ signal }): Promise<Report> => {
      const headers = { accept: 'application/json' }
      return gotJson(api.GET('/api/analytics/insights/{id}', { params: { path: { id } }, headers, signal }))
    },
  })
}

export function taskQuery(id: string) {
  return queryOptions({
    queryKey: ['tasks', id],
    queryFn: ({ signal }) => got(api.GET('/api/tasks/{task_id}', { params: { path: { task_id: id } }, signal })),
    refetchInterval: (query) => {
      const state = query.state.data?.state
      return state === undefined || state === 'queued' || state === 'running' ? 1_000 : false
    },
  })
}
