/** Which way a page's media takes: the pair of candidates that its connection has chosen. */

import type { Page } from 'playwright-core'

export interface Way {
  /** How the browser's end was found: host, srflx, prflx, relay. */
  local: string
  /** Where it sends to. */
  remote: string
  sent: number
  received: number
}

/** Needs `PEERS` in the page. */
export async function way(page: Page): Promise<Way> {
  return page.evaluate(async () => {
    const { peers } = window as unknown as { peers: RTCPeerConnection[] }
    const report = await peers.at(-1)?.getStats()
    const all = [...((report as unknown as Map<string, Record<string, unknown>> | undefined)?.values() ?? [])]
    const transport = all.find((one) => one['type'] === 'transport')
    const pair = all.find((one) => one['id'] === transport?.['selectedCandidatePairId'])
    const [local, remote] = ['localCandidateId', 'remoteCandidateId'].map((end) =>
      all.find((one) => one['id'] === pair?.[end]),
    )
    return {
      local: String(local?.['candidateType']),
      remote: `${String(remote?.['address'])}:${String(remote?.['port'])}`,
      sent: Number(pair?.['bytesSent'] ?? 0),
      received: Number(pair?.['bytesReceived'] ?? 0),
    }
  })
}
