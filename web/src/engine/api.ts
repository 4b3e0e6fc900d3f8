/** The engine's resources that the pages use, with the engine's names. */

import { type Fault, Problem, getJson, postJson, send } from './http'

export type Status = 'scheduled' | 'in_progress' | 'completed' | 'failed' | 'cancelled' | 'no_show'

/** `GET /api/join/{token}`: what a respondent must know before the call. */
export interface Invitation {
  call_guide_name: string
  research_objective: string
  language: string
  estimated_duration_minutes: number
  max_duration_minutes: number
  questions: number
  recording: boolean
  respondent_name: string | null
  scheduled_at: string | null
  /**
   * The time from which on the link admits the respondent, or null if the interview has begun or is
   * over.
   */
  opens_at: string | null
  /** The seconds until then by the engine's clock, or 0 if the link admits the respondent now. */
  opens_in_seconds: number
  status: Status
  status_reason: string | null
  consent_given: boolean
  can_be_recorded: boolean
  /** True if consent stands, or if what was recorded before it was withdrawn is kept. */
  recording_kept: boolean
  /** STUN and TURN servers, if the operator has any. */
  ice_servers?: RTCIceServer[]
}

/** The part of a guide that the pages show. */
export interface GuideDocument {
  name: string
  research_objective: string
  estimated_duration_minutes: number
  sections: { questions: unknown[] }[]
}

export interface CallGuide extends GuideDocument {
  id: string
}

export interface Scheduled {
  id: string
  join_url: string
  join_token: string
  join_expires_at: string
}

export interface Respondent {
  respondent_name?: string
  respondent_email?: string
}

interface Page<T> {
  items: T[]
  next_cursor: string | null
}

export interface Health {
  status: string
  version: string
  components: { models: { scripted: boolean }; queues: { status: string; active_calls: number; capacity: number } }
}

export function isOver(status: Status): boolean {
  return status !== 'scheduled' && status !== 'in_progress'
}

export function invitation(token: string): Promise<Invitation> {
  return getJson(`/api/join/${encodeURIComponent(token)}`)
}

/** Returns all guides. Researchers have dozens of them, not thousands. */
export async function callGuides(): Promise<CallGuide[]> {
  const guides: CallGuide[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`
    const page: Page<CallGuide> = await getJson(`/api/call-guides/?limit=200${query}`)
    guides.push(...page.items)
    cursor = page.next_cursor
  } while (cursor !== null)
  return guides
}

async function postYaml<T>(path: string, yaml: string): Promise<T> {
  const headers = { 'content-type': 'application/yaml', accept: 'application/json' }
  const response = await send(path, { method: 'POST', headers, body: yaml })
  return (await response.json()) as T
}

export function addCallGuide(yaml: string): Promise<CallGuide> {
  return postYaml('/api/call-guides/', yaml)
}

/** Returns the guide as the engine parses it, without storing it. */
export async function understood(yaml: string): Promise<GuideDocument> {
  const verdict = await postYaml<{ guide?: GuideDocument; errors: Fault[] }>('/api/call-guides/validate', yaml)
  if (verdict.guide === undefined) throw new Problem(422, 'The guide has faults.', verdict.errors)
  return verdict.guide
}

export function schedule(callGuideId: string, respondent: Respondent = {}): Promise<Scheduled> {
  return postJson('/api/interviews/schedule', { call_guide_id: callGuideId, ...respondent })
}

export function health(): Promise<Health> {
  return getJson('/api/health/')
}
