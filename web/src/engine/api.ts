/** The engine's resources that the pages use, with the engine's names. */

import type { components } from './description'
import { Problem, getJson, postJson, send } from './http'

type Schemas = components['schemas']

export type Status = Schemas['InterviewStatus']
/** `GET /api/join/{token}`: what a respondent must know before the call. */
export type Invitation = Omit<Schemas['Invitation'], 'ice_servers'> & {
  /** STUN and TURN servers, in the browser's own form: what a server has not is left out, and never null. */
  ice_servers?: RTCIceServer[]
}
export type CallGuide = Schemas['CallGuide']
export type Scheduled = Schemas['ScheduledInterview']
export type Health = Schemas['Health']
/** A guide as the engine understands it. */
export type GuideDocument = Schemas['Guide']

export type Respondent = Pick<Schemas['ScheduleInterview'], 'respondent_name' | 'respondent_email'>

/** Returns how many questions a guide has. Its sections are described as objects only. */
export function questionsOf(guide: CallGuide): number {
  const sections = guide.sections as { questions?: unknown[] }[]
  return sections.reduce((sum, section) => sum + (section.questions?.length ?? 0), 0)
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
    const page: Schemas['Page_CallGuide'] = await getJson(`/api/call-guides/?limit=200${query}`)
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
  const verdict = await postYaml<Schemas['GuideVerdict']>('/api/call-guides/validate', yaml)
  if (verdict.guide == null) throw new Problem(422, 'The guide has faults.', verdict.errors)
  return verdict.guide
}

export function schedule(callGuideId: string, respondent: Respondent = {}): Promise<Scheduled> {
  return postJson('/api/interviews/schedule', { call_guide_id: callGuideId, ...respondent })
}

export function health(): Promise<Health> {
  return getJson('/api/health/')
}
