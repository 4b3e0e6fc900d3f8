/** What the first view asks the engine for, and how often it asks again. */

import { queryOptions } from '@tanstack/react-query'
import { api, door, got } from '../../engine/client'

const EVERY_MS = 15_000

export const reviewQuery = queryOptions({
  queryKey: ['review-queue'],
  queryFn: ({ signal }) => got(api.GET('/api/interviews/review-queue', { params: { query: { limit: 5 } }, signal })),
  refetchInterval: EVERY_MS,
})

export const openAlertsQuery = queryOptions({
  queryKey: ['alerts', 'open'],
  queryFn: ({ signal }) => {
    const query = { open: true, hours: 87_600, limit: 5 }
    return got(api.GET('/api/dashboard/quality-alerts', { params: { query }, signal }))
  },
  refetchInterval: EVERY_MS,
})

export const callsQuery = queryOptions({
  queryKey: ['interviews', 'list', 'on-now'],
  queryFn: ({ signal }) => {
    const query = { status: 'in_progress' as const, limit: 8 }
    return got(api.GET('/api/interviews/', { params: { query }, signal }))
  },
  refetchInterval: 5_000,
})

export const engineQuery = queryOptions({
  queryKey: ['health'],
  queryFn: ({ signal }) => got(door.GET('/api/health/', { signal })),
  refetchInterval: EVERY_MS,
})

export const progressQuery = queryOptions({
  queryKey: ['progress'],
  queryFn: ({ signal }) => {
    return got(api.GET('/api/dashboard/call-guides/performance', { params: { query: { hours: 720 } }, signal }))
  },
  refetchInterval: 60_000,
})

export const failingWebhooksQuery = queryOptions({
  queryKey: ['webhooks', 'failing'],
  queryFn: async ({ signal }) => {
    const page = await got(api.GET('/api/webhooks/', { params: { query: { limit: 200 } }, signal }))
    return page.items.filter((webhook) => webhook.health === 'failing' || webhook.disabled_reason !== null)
  },
  refetchInterval: 60_000,
})
