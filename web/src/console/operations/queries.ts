/** What the views of operations ask the engine for. */

import { queryOptions } from '@tanstack/react-query'
import { type Schemas, api, got, tagged } from '../../engine/client'
import { set } from '../address'
import { listOf } from '../list'

export type Webhook = Schemas['Webhook']
export type Delivery = Schemas['WebhookDelivery']
export type Key = Schemas['ApiKey']
export type User = Schemas['User']
export type Entry = Schemas['AuditEntry']

export interface AuditSearch {
  entity?: string
  id?: string
  actor?: string
}

export const webhooksQuery = listOf(['webhooks', 'list'], (cursor, signal) => {
  return got(api.GET('/api/webhooks/', { params: { query: set({ limit: 50, cursor }) }, signal }))
})

export function webhookQuery(id: string) {
  return queryOptions({
    queryKey: ['webhooks', id],
    queryFn: ({ signal }) => tagged(api.GET('/api/webhooks/{id}', { params: { path: { id } }, signal })),
  })
}

export function deliveriesQuery(id: string, state: Delivery['state'] | undefined) {
  const page = (cursor: string | undefined, signal: AbortSignal) => {
    const params = { path: { id }, query: set({ state, limit: 50, cursor }) }
    return got(api.GET('/api/webhooks/{id}/deliveries', { params, signal }))
  }
  return listOf(['webhooks', id, 'deliveries', state ?? null], page, 5_000)
}

export const keysQuery = listOf(['keys'], (cursor, signal) => {
  return got(api.GET('/api/keys/', { params: { query: set({ limit: 50, cursor }) }, signal }))
})

export const usersQuery = listOf(['users'], (cursor, signal) => {
  return got(api.GET('/api/users/', { params: { query: set({ limit: 50, cursor }) }, signal }))
})

export function auditQuery({ entity, id, actor }: AuditSearch) {
  return listOf(['audit', entity ?? null, id ?? null, actor ?? null], (cursor, signal) => {
    const query = set({ entity_type: entity, entity_id: id, actor, limit: 100, cursor })
    return got(api.GET('/api/audit/', { params: { query }, signal }))
  })
}
