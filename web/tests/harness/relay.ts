/**
 * The network between the browser and the engine, as bad as a test wishes. The engine is told that it is behind a NAT whose
 * outside is 127.0.0.2 (ICE_PUBLIC_ADDRESSES); there the relay listens on every port of the range and forwards to the same
 * port inside. Descriptions are stripped of every candidate that leads around it. HTTP and the events socket are another
 * network and go on, as they do where UDP alone is blocked.
 */

import { type Socket, createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { BrowserContext, Route } from 'playwright-core'

const OUTSIDE = '127.0.0.2'
const INSIDE = '127.0.0.1'
/** Ports of calls: a page that joins anew every few seconds has one after the other. */
const PORTS = 32

/** A join or a patch that a page sent. */
export interface Exchange {
  method: 'POST' | 'PATCH'
  /** A restart of ICE: not one more candidate of the session there is. */
  restart: boolean
  status: number
}

export class Relay {
  readonly exchanges: Exchange[] = []
  /** Packets that came through, and that did not. */
  carried = 0
  dropped = 0
  private silent = false
  private readonly sockets: Socket[] = []

  private constructor(private readonly first: number) {}

  /** On the first range of ports that is free. */
  static async open(): Promise<Relay> {
    for (let first = 21_000; first < 32_000; first += PORTS) {
      const relay = new Relay(first)
      try {
        for (let port = first; port < first + PORTS; port += 1) await relay.listen(port)
        return relay
      } catch {
        relay.close()
      }
    }
    throw new Error(`no ${PORTS} ports in a row are free at ${OUTSIDE}`)
  }

  /** For the engine. */
  get env(): Record<string, string> {
    return { ICE_PORT_RANGE: `${this.first}-${this.first + PORTS - 1}`, ICE_PUBLIC_ADDRESSES: OUTSIDE }
  }

  /** Nothing comes through, or everything does again. */
  silence(silent: boolean): void {
    this.silent = silent
  }

  close(): void {
    for (const socket of this.sockets) socket.close()
    this.sockets.length = 0
  }

  /** Leads the calls of these pages through here. */
  async carry(context: BrowserContext): Promise<void> {
    await context.route(/\/api\/join\/[^/]+\/call/, (route) => this.exchange(route))
  }

  private async exchange(route: Route): Promise<void> {
    const request = route.request()
    const method = request.method()
    if (method !== 'POST' && method !== 'PATCH') return route.continue()
    try {
      // Without an address of the browser's the engine can only answer what reaches it.
      const response = await route.fetch({ postData: without(request.postData() ?? '', () => true) })
      const body = await response.text()
      const restart = method === 'PATCH' && request.headers()['if-match'] === '*'
      this.exchanges.push({ method, restart, status: response.status() })
      await route.fulfill({ response, body: without(body, (candidate) => !candidate.includes(` ${OUTSIDE} `)) })
    } catch {
      // The page, or the engine, has gone meanwhile.
      await route.abort().catch(() => undefined)
    }
  }

  private passes(): boolean {
    if (this.silent) this.dropped += 1
    else this.carried += 1
    return !this.silent
  }

  private async listen(port: number): Promise<void> {
    const front = await this.bound(port, OUTSIDE)
    /** What each address of the browser's is to the engine. */
    const paths = new Map<string, Promise<Socket>>()
    front.on('message', (packet, from) => {
      const caller = `${from.address}:${from.port}`
      let path = paths.get(caller)
      if (path === undefined) {
        path = this.bound(0, INSIDE)
        paths.set(caller, path)
        void path.then((back) =>
          back.on('message', (answer) => {
            if (this.passes()) front.send(answer, from.port, from.address, ignored)
          }),
        )
      }
      if (this.passes()) void path.then((back) => back.send(packet, port, INSIDE, ignored))
    })
  }

  private async bound(port: number, address: string): Promise<Socket> {
    const socket = createSocket('udp4')
    this.sockets.push(socket)
    socket.bind(port, address)
    await once(socket, 'listening')
    socket.on('error', ignored)
    return socket
  }
}

/** A closed port answers with an error: nothing to carry then. */
function ignored(): void {}

/** The description without some of its candidates. */
function without(description: string, unwanted: (candidate: string) => boolean): string {
  return description
    .split('\r\n')
    .filter((line) => !line.startsWith('a=candidate:') || !unwanted(line))
    .join('\r\n')
}
