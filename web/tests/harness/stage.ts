/** An engine with scripted ears and a browser whose microphone is silent: for every state that is not about speech. */

import type { Browser, Page } from 'playwright-core'
import { launch } from './browser'
import { Engine } from './engine'
import { Microphone } from './microphone'

/** One question: who answers it is through. */
export const GUIDE = `
name: Tea or coffee
research_objective: Learn what people drink in the morning.
estimated_duration_minutes: 1
sections:
  - section_name: Morning
    questions: [{id: drink, text: What do you drink in the morning?, required: true, max_follow_ups: 0}]
`

export class Stage {
  private constructor(
    readonly engine: Engine,
    readonly browser: Browser,
    readonly microphone: Microphone,
  ) {}

  static async set(env: Record<string, string> = {}): Promise<Stage> {
    const engine = await Engine.start({ scripted: true, env })
    // Chromium's own microphone beeps, and scripted ears take beeps for answers: this one says nothing until it is told to.
    const microphone = new Microphone()
    return new Stage(engine, await launch({ microphone: microphone.path }), microphone)
  }

  async clear(): Promise<void> {
    await this.browser.close()
    await this.engine.stop()
  }

  /** A link to an interview with the guide. */
  async link(): Promise<{ id: string; url: string }> {
    const { id, join_url } = await this.engine.schedule(await this.engine.addGuide(GUIDE))
    return { id, url: join_url }
  }
}

/** Up to the sound check with the microphone on. */
export async function check(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Use the microphone' }).click()
}

export async function start(page: Page, url: string): Promise<void> {
  await check(page, url)
  await page.getByRole('button', { name: /^(Start|Continue) the interview$/ }).click()
}

export async function leave(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Leave', exact: true }).click()
  await page.getByRole('button', { name: 'Leave and end it' }).click()
}

/** Runs in the page before its own code: lets the test see the page's connections. */
export const PEERS = `
window.peers = []
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...settings) {
    super(...settings)
    window.peers.push(this)
  }
}`

/** The microphone that is being sent. */
export async function sent(page: Page): Promise<{ track: string; device: string; settings: MediaTrackSettings }> {
  return page.evaluate(() => {
    const { peers } = window as unknown as { peers: RTCPeerConnection[] }
    const track = peers.at(-1)?.getSenders()[0]?.track
    const settings = track?.getSettings() ?? {}
    return { track: track?.id ?? '', device: settings.deviceId ?? '', settings }
  })
}

/**
 * The engine's messages, stopped before the first that comes after a state: states that last a moment can then be looked at.
 */
export async function holdAfter(page: Page, state: string): Promise<void> {
  await page.routeWebSocket(/\/events/, (socket) => {
    const server = socket.connectToServer()
    let held = false
    server.onMessage((message) => {
      if (held) return
      socket.send(message)
      const told = JSON.parse(message.toString()) as { type: string; value?: string }
      held = told.type === 'state' && told.value === state
    })
  })
}
