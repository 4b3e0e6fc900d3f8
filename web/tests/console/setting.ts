/** An engine that asks people to sign in, with seeded interviews and users; and a browser that watches the policy. */

import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'
import { Visit, launch } from '../harness/browser'
import { Engine } from '../harness/engine'
import { Microphone } from '../harness/microphone'

export const PASSWORD = 'correct horse battery staple'
export const ADMIN = 'dana@example.org'
export const VIEWER = 'victor@example.org'
/** Harmless as text, and seen at once if it is taken for anything else. */
export const HOSTILE = '<img src=x onerror="document.title=1"> <b>Bold</b>'

/** Others could reach it: everybody has to sign in. */
const EXPOSED = { PUBLIC_URL: 'http://calls.example.org', LOGIN_LIMIT_PER_MINUTE: '0' }

export class Setting {
  private constructor(
    readonly engine: Engine,
    readonly browser: Browser,
    readonly microphone: Microphone,
  ) {}

  static async make(interviews = 400): Promise<Setting> {
    const engine = await Engine.start({ scripted: true, env: EXPOSED })
    engine.command(['seed', '--interviews', String(interviews), '--days', '20', '--seed', '7'])
    for (const [email, role, name] of [
      [ADMIN, 'admin', 'Dana'],
      [VIEWER, 'viewer', 'Victor'],
    ] as const) {
      engine.command(['user', 'create', '--email', email, '--role', role, '--name', name], PASSWORD)
    }
    const microphone = new Microphone()
    return new Setting(engine, await launch({ microphone: microphone.path }), microphone)
  }

  async clear(): Promise<void> {
    await this.browser.close()
    await this.engine.stop()
  }

  /** Somebody who opens the console, with everything that the page's policy has to forbid written down. */
  async visit(): Promise<Visit> {
    const watch = `
      window.violations = []
      document.addEventListener('securitypolicyviolation', (event) => {
        window.violations.push(event.violatedDirective + ' ' + event.blockedURI)
      })`
    const visit = await Visit.begin(this.browser, this.engine.url, watch)
    visit.page.setDefaultTimeout(20_000)
    return visit
  }
}

export async function signIn(page: Page, email = ADMIN): Promise<void> {
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByLabel('Password').press('Enter')
}

/** Opens a view by its address, and waits for its heading. */
export async function open(page: Page, address: string, heading: string | RegExp): Promise<void> {
  await page.goto(`/console${address}`)
  await page.getByRole('heading', { level: 1, name: heading }).waitFor()
}

/** Nothing went wrong on the page, and its policy had nothing to forbid. */
export async function clean(visit: Visit): Promise<void> {
  const violations = await visit.page.evaluate(() => (window as unknown as { violations: string[] }).violations)
  expect(violations, 'what the policy forbade').toEqual([])
  expect(visit.errors).toEqual([])
  expect(visit.foreign).toEqual([])
}
