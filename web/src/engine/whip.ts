/** Joining a call with WHIP (RFC 9725). Never does: hold a connection. */

import { Problem, send } from './http'

/** A call of this page, as the engine named it. */
export interface Call {
  url: string
  answer: string
  /** The tag of the ICE session, which is sent with every late candidate. */
  etag: string | null
}

const FRAGMENT = 'application/trickle-ice-sdpfrag'

export async function join(token: string, offer: string, takeover: boolean): Promise<Call> {
  const query = takeover ? '?takeover=true' : ''
  const response = await send(`/api/join/${encodeURIComponent(token)}/call${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp', accept: 'application/sdp' },
    body: offer,
  })
  const location = response.headers.get('location')
  if (location === null) throw new Problem(502, 'the answer does not say where the call is')
  // Behind a proxy, the engine may know itself by another host, so only the path is used.
  const url = new URL(location, window.location.href).pathname
  return { url, answer: await response.text(), etag: response.headers.get('etag') }
}

/** Sends late candidates. */
export async function trickle(call: Call, fragment: string): Promise<void> {
  const headers: Record<string, string> = { 'content-type': FRAGMENT }
  // The tag `*` would request a restart.
  if (call.etag !== null) headers['if-match'] = call.etag
  await send(call.url, { method: 'PATCH', headers, body: fragment })
}

/** Restarts ICE. Returns the engine's side of the new session. */
export async function restart(call: Call, fragment: string): Promise<string> {
  const response = await send(call.url, {
    method: 'PATCH',
    headers: { 'content-type': FRAGMENT, 'if-match': '*', accept: FRAGMENT },
    body: fragment,
  })
  if (response.status !== 200) throw new Problem(response.status, 'the restart was not answered')
  call.etag = response.headers.get('etag') ?? call.etag
  return response.text()
}

/**
 * Ends the call, also while the page is being left. The interview can be continued with the same
 * link.
 */
export function hangUp(call: Call): void {
  fetch(call.url, { method: 'DELETE', keepalive: true }).catch(() => {
    // The engine notices by itself that the page is gone.
  })
}
