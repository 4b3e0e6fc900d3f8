/** What the views of studies ask the engine for. */

import { queryOptions } from '@tanstack/react-query'
import { type Schemas, api, got, gotJson, tagged } from '../../engine/client'
import { set } from '../address'
import { listOf } from '../list'

export type Guide = Schemas['CallGuide']
export type Verdict = Schemas['GuideVerdict']
export type Finding = Schemas['GuideFinding']
export type GuideChange = Schemas['GuideChange']

export interface GuidesSearch {
  name?: string
  tag?: string
}

export function guidesQuery(search: GuidesSearch) {
  return listOf(['guides', 'list', search], (cursor, signal) => {
    const query = set({ ...search, limit: 100, sort: '-updated_at', cursor })
    return got(api.GET('/api/call-guides/', { params: { query }, signal }))
  })
}

/** All guides by name, for lists to choose from. Researchers have dozens of them, not thousands. */
export const allGuidesQuery = queryOptions({
  queryKey: ['guides', 'all'],
  queryFn: async ({ signal }): Promise<Guide[]> => {
    const guides: Guide[] = []
    let cursor: string | undefined
    do {
      const query = set({ limit: 200, sort: 'name', cursor })
      const page = await got(api.GET('/api/call-guides/', { params: { query }, signal }))
      guides.push(...page.items)
      cursor = page.next_cursor ?? undefined
    } while (cursor !== undefined)
    return guides
  },
  staleTime: 60_000,
})

export function guideQuery(id: string) {
  return queryOptions({
    queryKey: ['guides', id],
    queryFn: ({ signal }) => tagged(api.GET('/api/call-guides/{id}', { params: { path: { id } }, signal })),
    staleTime: 60_000,
  })
}

/** A guide as text, and the state that the text is of. */
export interface Source {
  text: string
  tag: string
  version: number
  name: string
}

/** The tag is read first: if somebody saves in between, saving is refused rather than their change lost. */
export async function sourceOf(id: string, signal?: AbortSignal): Promise<Source> {
  const abort = signal === undefined ? {} : { signal }
  const { row, tag } = await tagged(api.GET('/api/call-guides/{id}', { params: { path: { id } }, ...abort }))
  return { text: await exported(id, undefined, signal), tag, version: row.version, name: row.name }
}

export async function exported(id: string, version?: number, signal?: AbortSignal): Promise<string> {
  const params = { path: { id }, query: set({ format: 'yaml', version }) }
  const abort = signal === undefined ? {} : { signal }
  const text = await got(api.GET('/api/call-guides/{id}/export', { params, parseAs: 'text', ...abort }))
  return String(text)
}

export function sourceQuery(id: string) {
  return queryOptions({
    queryKey: ['guides', id, 'source'],
    queryFn: ({ signal }) => sourceOf(id, signal),
    // The editor asks anew when it is opened, and never changes what is being edited.
    staleTime: 0,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
}

export function versionsQuery(id: string) {
  return listOf(['guides', id, 'versions'], (cursor, signal) => {
    const params = { path: { id }, query: set({ limit: 100, cursor }) }
    return got(api.GET('/api/call-guides/{id}/versions', { params, signal }))
  })
}

export function differenceQuery(id: string, from: number, to: number) {
  return queryOptions({
    queryKey: ['guides', id, 'diff', from, to],
    queryFn: async ({ signal }) => {
      const params = { path: { id }, query: { from, to } }
      const headers = { accept: 'application/json' }
      return gotJson(api.GET('/api/call-guides/{id}/diff', { params, headers, signal }))
    },
  })
}

const yaml = {
  headers: { 'content-type': 'application/yaml', accept: 'application/json' },
  // The text as it stands, not as JSON.
  bodySerializer: (body: unknown) => body as string,
}
/** The description knows the document, and the text is that document in YAML. */
const asDocument = <T>(text: string): T => text as unknown as T

export function validate(text: string, signal: AbortSignal): Promise<Verdict> {
  return got(api.POST('/api/call-guides/validate', { ...yaml, body: asDocument(text), signal }))
}

export function create(text: string) {
  return got(api.POST('/api/call-guides/', { ...yaml, body: asDocument(text) }))
}

export function save(id: string, tag: string, text: string) {
  const params = { path: { id }, header: { 'If-Match': tag } }
  return tagged(api.PUT('/api/call-guides/{id}', { ...yaml, params, body: asDocument(text) }))
}

export function remove(id: string, tag: string) {
  const params = { path: { id }, header: { 'If-Match': tag } }
  return got(api.DELETE('/api/call-guides/{id}', { params }))
}
