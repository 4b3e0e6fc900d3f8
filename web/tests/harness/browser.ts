/** Chromium as a visitor has it, watched: nothing but the engine may be asked for anything, and nothing may go wrong. */

import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, type Page, chromium } from 'playwright-core'

export function executable(): string {
  const path = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
  if (!existsSync(path)) throw new Error(`there is no browser at ${path}: scripts/setup --for browser`)
  return path
}

export interface BrowserOptions {
  /** A WAV file for the microphone, played once at each opening; without one Chromium's own beeps, with null none. */
  microphone?: string | null
  /** What the person answers when the browser asks for the microphone. */
  permission?: 'allow' | 'deny'
  args?: string[]
  /** A program that starts the browser with the arguments given to it. */
  by?: string
}

export async function launch(options: BrowserOptions = {}): Promise<Browser> {
  const answer = options.permission === 'deny' ? '=deny' : ''
  return chromium.launch({
    executablePath: options.by ?? executable(),
    headless: true,
    args: [
      // In a container there is no user namespace for it.
      '--no-sandbox',
      ...(options.microphone === null ? [] : ['--use-fake-device-for-media-stream']),
      `--use-fake-ui-for-media-stream${answer}`,
      // The engine of a test listens on loopback only.
      '--allow-loopback-in-peer-connection',
      ...(typeof options.microphone === 'string'
        ? [`--use-file-for-fake-audio-capture=${options.microphone}%noloop`]
        : []),
      ...(options.args ?? []),
    ],
  })
}

/** A page with what went wrong on it. */
export class Visit {
  readonly foreign: string[] = []
  readonly errors: string[] = []

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly engine: string,
  ) {}

  static async begin(browser: Browser, engine: string, script?: string): Promise<Visit> {
    const context = await browser.newContext({
      baseURL: engine,
      viewport: { width: 1100, height: 900 },
      // Certificates of tests are their own.
      ignoreHTTPSErrors: true,
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    // What moved although nobody touched it.
    await context.addInitScript(() => {
      const shifts = { total: 0 }
      Object.assign(window, { shifts })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          const shift = entry as PerformanceEntry & { value: number; hadRecentInput: boolean }
          if (!shift.hadRecentInput) shifts.total += shift.value
        }
      }).observe({ type: 'layout-shift', buffered: true })
    })
    if (script !== undefined) await context.addInitScript(script)
    const visit = new Visit(context, await context.newPage(), engine)
    visit.watch(visit.page)
    return visit
  }

  /** Another tab of the same person. */
  async tab(): Promise<Page> {
    const page = await this.context.newPage()
    this.watch(page)
    return page
  }

  private watch(page: Page): void {
    const own = new URL(this.engine).host
    const seen = (address: string): void => {
      const url = new URL(address)
      if (url.protocol !== 'data:' && url.protocol !== 'blob:' && url.host !== own) this.foreign.push(address)
    }
    page.on('request', (request) => seen(request.url()))
    page.on('websocket', (socket) => seen(socket.url()))
    page.on('pageerror', (error) => this.errors.push(error.message))
    page.on('console', (message) => {
      // Refused requests show there, too; those the tests know about.
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) {
        this.errors.push(message.text())
      }
    })
  }

  /** Sum of what moved by itself since the page was opened. */
  async shifted(page: Page = this.page): Promise<number> {
    return page.evaluate(() => (window as unknown as { shifts: { total: number } }).shifts.total)
  }

  async end(): Promise<void> {
    await this.context.close()
  }
}

/** Waits for a screen by its name. */
export async function screen(page: Page, name: string, timeout = 15_000): Promise<void> {
  await page.locator(`[data-screen="${name}"]`).waitFor({ timeout })
}

/** Waits until the conversation is in a state. */
export async function mood(page: Page, name: string, timeout = 30_000): Promise<void> {
  await page.locator(`.stage[data-mood="${name}"]`).waitFor({ timeout })
}
