/** Requests to the engine, and their errors. Never does: know what an answer is for. */

/** One fault in what was sent. */
export interface Fault {
  pointer: string
  detail: string
}

/** The engine answered with an error, as an RFC 9457 problem document. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly errors: Fault[] = [],
    /** The number of seconds after which another attempt makes sense. */
    readonly retryAfter: number | null = null,
  ) {
    super(detail)
    this.name = 'Problem'
  }
}

/** No answer arrived: there is no network, or no engine. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super('the engine does not answer', { cause })
    this.name = 'Unreachable'
  }
}

/**
 * The limit of a request in ms, which is longer than any answer takes. On a network that drops
 * everything, a request could otherwise wait for minutes.
 */
const PATIENCE_MS = 15_000

export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response
  try {
    response = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS), cache: 'no-store', ...init })
  } catch (cause) {
    throw new Unreachable(cause)
  }
  if (response.ok) return response
  // What is no JSON came from something between the page and the engine.
  throw problemOf(response, await response.json().catch(() => null))
}

/** Returns the error that a refused request and its problem document stand for. */
export function problemOf(response: Response, body: unknown): Problem {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  const retryAfter = Number.isFinite(seconds) && seconds >= 0 ? seconds : null
  const document = (typeof body === 'object' && body !== null ? body : {}) as {
    detail?: string
    title?: string
    errors?: Fault[]
  }
  const detail = document.detail ?? document.title ?? response.statusText
  return new Problem(response.status, detail, document.errors ?? [], retryAfter)
}

export async function getJson<T>(path: string): Promise<T> {
  const response = await send(path, { headers: { accept: 'application/json' } })
  return (await response.json()) as T
}

export async function postJson<T>(path: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  const response = await send(path, { method: 'POST', headers, body: JSON.stringify(body) })
  return (await response.json()) as T
}
