/**
 * The engine's API, with the types of the engine's own description.
 *
 * Owns: how requests are sent, what becomes of an answer, and that a request waits for somebody to sign in
 * again when the session has ended. Never does: know what an answer is for.
 */

import createClient from 'openapi-fetch'
import type { components, paths } from './description'
import { Unreachable, problemOf } from './http'

export type Schemas = components['schemas']

/** The limit of a request in ms. Erasing somebody, or the first mixing of a long recording, takes a while. */
const PATIENCE_MS = 60_000

async function reach(request: Request): Promise<Response> {
  try {
    return await fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(PATIENCE_MS)]) })
  } catch (cause) {
    if (request.signal.aborted) throw cause
    throw new Unreachable(cause)
  }
}

type SignIn = () => Promise<void>
let signIn: SignIn | null = null

/** Says who asks a person to sign in when a session has ended. It resolves when that is done. */
export function whenSignedOut(ask: SignIn): void {
  signIn = ask
}

/** Sends a request. If the session has ended, the request waits for the next one, and nothing is lost. */
async function send(request: Request): Promise<Response> {
  const again = request.clone()
  const response = await reach(request)
  if (response.status !== 401 || signIn === null) return response
  await signIn()
  return reach(again)
}

const settings = { baseUrl: globalThis.location?.origin ?? 'http://localhost' }

/** The API as whoever is signed in. */
export const api = createClient<paths>({ ...settings, fetch: send })

/** The API for signing in itself: an answer of 401 is an answer. */
export const door = createClient<paths>({ ...settings, fetch: reach })

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** Returns what was answered, or throws the problem. */
export async function got<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer
  if (!response.ok) throw problemOf(response, error)
  return data as T
}

/** The same where the engine can answer in other forms as well, such as text, and was asked for JSON. */
export async function gotJson<T>(answer: Promise<Answer<T>>): Promise<Exclude<T, string>> {
  return (await got(answer)) as Exclude<T, string>
}

/** The same with the tag of the state that was read, which an edit names. */
export async function tagged<T>(answer: Promise<Answer<T>>): Promise<{ row: T; tag: string }> {
  const { data, error, response } = await answer
  if (!response.ok) throw problemOf(response, error)
  return { row: data as T, tag: response.headers.get('etag') ?? '*' }
}
