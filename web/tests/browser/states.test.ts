/** Every state that is not the conversation itself: help, refusals, the start page. Scripted speech will do. */

import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Visit, launch, mood, screen } from '../harness/browser'
import { Engine } from '../harness/engine'
import { inspect } from '../harness/inspect'
import { silence } from '../harness/wav'

/** What a visitor may have to fetch, compressed. */
const BUDGET = 150 * 1024

const GUIDE = `
name: Tea or coffee
research_objective: Learn what people drink in the morning.
estimated_duration_minutes: 1
sections:
  - section_name: Morning
    questions: [{id: drink, text: What do you drink in the morning?, required: true, max_follow_ups: 0}]
`

let engine: Engine
let browser: Browser

beforeAll(async () => {
  engine = await Engine.start({ scripted: true, env: { MAX_CONCURRENT_INTERVIEWS: '1' } })
  // Chromium's own microphone beeps, and scripted ears take beeps for answers: these people say nothing.
  const wav = join(mkdtempSync(join(tmpdir(), 'interviewer-silence-')), 'silence.wav')
  silence(wav, 2)
  browser = await launch({ microphone: wav })
})
afterAll(async () => {
  await browser?.close()
  await engine?.stop()
})

/** Up to the sound check with the microphone on. */
async function check(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Use the microphone' }).click()
}

async function start(page: Page, url: string): Promise<void> {
  await check(page, url)
  await page.getByRole('button', { name: 'Start the interview' }).click()
}

async function leave(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Leave', exact: true }).click()
  await page.getByRole('button', { name: 'Leave and end it' }).click()
}

// First: the engine knows no guide yet.
test('the start page offers guides, makes links, and opens interviews', async () => {
  const visit = await Visit.begin(browser, engine.url)
  const { page } = visit
  await page.goto('/')
  await screen(page, 'start')
  await page.getByRole('button', { name: /^Add/ }).first().waitFor()
  expect(await page.getByRole('button', { name: /^Add/ }).count()).toBe(3)
  await inspect(page, 'start-empty')
  await page.getByRole('button', { name: 'Add “Working from home, in two minutes”' }).click()

  await page.getByRole('textbox', { name: /^Name/ }).fill('Dana')
  await page.getByRole('button', { name: 'Make a link' }).click()
  const link = page.getByLabel('Their link')
  await link.waitFor()
  expect(await link.inputValue()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/join\/[\w-]{20,}$/)
  await page.getByRole('button', { name: 'Copy' }).click()
  await page.getByText('Copied.').waitFor()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await link.inputValue())
  await inspect(page, 'start')

  await page.getByRole('button', { name: 'Try it' }).click()
  await screen(page, 'welcome')
  expect(visit.errors).toEqual([])
  expect(visit.foreign).toEqual([])
  await visit.end()
})

test('the call page is light, and comes from the engine alone', async () => {
  const { join_url } = await engine.schedule(await engine.addGuide(GUIDE))
  const visit = await Visit.begin(browser, engine.url)
  const { page } = visit
  const network = await visit.context.newCDPSession(page)
  await network.send('Network.enable')
  let bytes = 0
  network.on('Network.loadingFinished', (finished) => {
    bytes += finished.encodedDataLength
  })
  await page.goto(join_url)
  await screen(page, 'welcome')
  await page.waitForLoadState('networkidle')
  expect(bytes).toBeGreaterThan(10_000)
  expect(bytes, 'bytes over the wire').toBeLessThan(BUDGET)
  expect(visit.foreign).toEqual([])
  expect(visit.errors).toEqual([])
  await visit.end()
})

describe('links', () => {
  test('one that nobody was given', async () => {
    const visit = await Visit.begin(browser, engine.url)
    await visit.page.goto('/join/nobody-was-given-this')
    await screen(visit.page, 'trouble-unknown')
    await inspect(visit.page, 'trouble-unknown')
    await visit.end()
  })

  test('one that has expired', async () => {
    const { id, join_url } = await engine.schedule(await engine.addGuide(GUIDE))
    engine.expire(id)
    const visit = await Visit.begin(browser, engine.url)
    await visit.page.goto(join_url)
    await screen(visit.page, 'trouble-expired')
    await inspect(visit.page, 'trouble-expired')
    await visit.end()
  })

  test('one whose interview was cancelled', async () => {
    const { id, join_url } = await engine.schedule(await engine.addGuide(GUIDE))
    await fetch(`${engine.url}/api/interviews/${id}`, { method: 'DELETE' })
    const visit = await Visit.begin(browser, engine.url)
    await visit.page.goto(join_url)
    await screen(visit.page, 'thanks-closed')
    await inspect(visit.page, 'thanks-closed')
    await visit.end()
  })

  test('an engine that can not be reached', async () => {
    const { join_url } = await engine.schedule(await engine.addGuide(GUIDE))
    const visit = await Visit.begin(browser, engine.url)
    const { page } = visit
    await page.goto(join_url)
    await screen(page, 'welcome')
    await check(page, join_url)
    await visit.context.setOffline(true)
    await page.getByRole('button', { name: 'Start the interview' }).click()
    await screen(page, 'trouble-offline', 20_000)
    await inspect(page, 'trouble-offline')
    await visit.context.setOffline(false)
    await page.getByRole('button', { name: 'Try again' }).click()
    await mood(page, 'speaking')
    await leave(page)
    await screen(page, 'thanks-left')
    await visit.end()
  })
})

describe('microphones', () => {
  test('one that the browser blocks', async () => {
    const strict = await launch({ permission: 'deny' })
    const visit = await Visit.begin(strict, engine.url)
    const { join_url } = await engine.schedule(await engine.addGuide(GUIDE))
    await check(visit.page, join_url)
    await visit.page.getByRole('heading', { name: /does not let us use the microphone/ }).waitFor()
    expect(await visit.page.getByRole('button', { name: 'Start the interview' }).isDisabled()).toBe(true)
    await inspect(visit.page, 'microphone-blocked')
    await strict.close()
  })

  test('one that the browser keeps from pages without https', async () => {
    // As on such a page: these are not there.
    const visit = await Visit.begin(browser, engine.url, 'delete Navigator.prototype.mediaDevices; delete Crypto.prototype.randomUUID')
    const { join_url } = await engine.schedule(await engine.addGuide(GUIDE))
    await check(visit.page, join_url)
    await visit.page.getByRole('heading', { name: /address can’t use a microphone/ }).waitFor()
    await inspect(visit.page, 'microphone-insecure')
    expect(visit.errors).toEqual([])
    await visit.end()
  })

  test('one that hears nothing', async () => {
    const visit = await Visit.begin(browser, engine.url)
    const { join_url } = await engine.schedule(await engine.addGuide(GUIDE))
    await check(visit.page, join_url)
    await visit.page.getByText('We hear nothing').waitFor({ timeout: 15_000 })
    await inspect(visit.page, 'microphone-silent')
    await visit.end()
  })

  test('one that works: the meter moves, and the test sound plays', async () => {
    const beeping = await launch()
    const visit = await Visit.begin(beeping, engine.url)
    const { page } = visit
    const { join_url } = await engine.schedule(await engine.addGuide(GUIDE))
    await check(page, join_url)
    await page.getByText('We hear you well.').waitFor()
    const level = await page.locator('.meter').evaluate((meter) => Number(meter.style.getPropertyValue('--level')))
    expect(level).toBeGreaterThan(0)
    await page.getByRole('button', { name: 'Play a test sound' }).click()
    await page.getByText('Playing…').waitFor()
    await page.getByText('Playing…').waitFor({ state: 'detached' })
    expect(await page.getByText('could not be played').count()).toBe(0)
    await inspect(page, 'check')
    expect(visit.errors).toEqual([])
    await beeping.close()
  })
})

/** Runs in the page before its own code: lets the test see the page's connections. */
const PEERS = `
window.peers = []
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...settings) {
    super(...settings)
    window.peers.push(this)
  }
}`

/** The microphone that is being sent. */
async function sent(page: Page): Promise<{ track: string; device: string }> {
  return page.evaluate(() => {
    const { peers } = window as unknown as { peers: RTCPeerConnection[] }
    const track = peers.at(-1)?.getSenders()[0]?.track
    return { track: track?.id ?? '', device: track?.getSettings().deviceId ?? '' }
  })
}

describe('calls', () => {
  test('another microphone in the middle of a call, and one that is unplugged', async () => {
    const { join_url } = await engine.schedule(await engine.addGuide(GUIDE))
    const visit = await Visit.begin(browser, engine.url, PEERS)
    const { page } = visit
    await start(page, join_url)
    await mood(page, 'speaking')
    const before = await sent(page)
    await page.getByRole('button', { name: 'Sound', exact: true }).click()
    await page.getByRole('dialog').getByLabel('Microphone').selectOption({ label: 'Fake Audio Input 2' })
    await expect.poll(() => sent(page)).not.toEqual(before)
    const chosen = await sent(page)
    expect(chosen.device).not.toBe(before.device)
    await inspect(page, 'sound-settings')
    await page.getByRole('button', { name: 'Done' }).click()

    // What the browser says when a device goes away.
    await page.evaluate(() => {
      const { peers } = window as unknown as { peers: RTCPeerConnection[] }
      const track = peers.at(-1)?.getSenders()[0]?.track
      track?.stop()
      track?.dispatchEvent(new Event('ended'))
    })
    await expect.poll(async () => (await sent(page)).track).not.toBe(chosen.track)
    expect(await page.evaluate(() => (window as unknown as { peers: unknown[] }).peers.length)).toBe(1)
    await leave(page)
    await screen(page, 'thanks-left')
    expect(visit.errors).toEqual([])
    await visit.end()
  })

  test('a page that is loaded again goes on with the interview', async () => {
    const { join_url } = await engine.schedule(await engine.addGuide(GUIDE))
    const visit = await Visit.begin(browser, engine.url)
    const { page } = visit
    await start(page, join_url)
    await mood(page, 'speaking')
    await page.reload()
    await screen(page, 'welcome')
    expect(await page.locator('main').innerText()).toContain('Welcome back')
    await inspect(page, 'welcome-back')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Use the microphone' }).click()
    await page.getByRole('button', { name: 'Go on with the interview' }).click()
    await mood(page, 'speaking')
    await leave(page)
    await screen(page, 'thanks-left')
    await visit.end()
  })

  test('an engine that is full is tried again by itself', async () => {
    const guide = await engine.addGuide(GUIDE)
    const [first, second] = [await engine.schedule(guide), await engine.schedule(guide)]
    const talking = await Visit.begin(browser, engine.url)
    await start(talking.page, first.join_url)
    await mood(talking.page, 'speaking')

    const waiting = await Visit.begin(browser, engine.url)
    // The engine asks for half a minute; a second will do here. The refusal itself is its own.
    await waiting.page.route('**/call', async (route) => {
      const response = await route.fetch()
      expect([201, 503]).toContain(response.status())
      await route.fulfill({ response, headers: { ...response.headers(), 'retry-after': '3' } })
    })
    await start(waiting.page, second.join_url)
    await screen(waiting.page, 'trouble-full')
    await inspect(waiting.page, 'trouble-full')
    await leave(talking.page)
    await screen(talking.page, 'thanks-left')
    await mood(waiting.page, 'speaking', 20_000)
    await leave(waiting.page)
    await screen(waiting.page, 'thanks-left')
    await talking.end()
    await waiting.end()
  })

  test('a second window takes over, and the first one lets go', async () => {
    const { join_url } = await engine.schedule(await engine.addGuide(GUIDE))
    const visit = await Visit.begin(browser, engine.url)
    await start(visit.page, join_url)
    await mood(visit.page, 'speaking')
    const second = await visit.tab()
    await second.goto(join_url)
    await second.getByRole('button', { name: 'Continue' }).click()
    await second.getByRole('button', { name: 'Use the microphone' }).click()
    await second.getByRole('button', { name: /^(Start|Go on with) the interview$/ }).click()
    await screen(second, 'trouble-elsewhere')
    await inspect(second, 'trouble-elsewhere')
    await second.getByRole('button', { name: 'Go on here instead' }).click()
    await mood(second, 'speaking')
    await screen(visit.page, 'elsewhere')
    await inspect(visit.page, 'elsewhere')
    await leave(second)
    await screen(second, 'thanks-left')
    await visit.end()
  })

  test('an engine that dies and comes back goes on with the same page', { timeout: 90_000 }, async () => {
    const { join_url } = await engine.schedule(await engine.addGuide(GUIDE))
    const visit = await Visit.begin(browser, engine.url)
    const { page } = visit
    await start(page, join_url)
    await mood(page, 'speaking')
    await engine.kill()
    await mood(page, 'reconnecting', 30_000)
    await inspect(page, 'conversation-reconnecting')
    await engine.run()
    await mood(page, 'speaking', 30_000)
    await leave(page)
    await screen(page, 'thanks-left')
    await visit.end()
  })

  test('the keyboard is enough, and leaving is asked once', async () => {
    const { join_url } = await engine.schedule(await engine.addGuide(GUIDE))
    const visit = await Visit.begin(browser, engine.url)
    const { page } = visit
    const press = async (name: string): Promise<void> => {
      for (let steps = 0; steps < 30; steps += 1) {
        const focused = await page.evaluate(() => document.activeElement?.textContent ?? '')
        if (focused === name) return page.keyboard.press('Enter')
        await page.keyboard.press('Tab')
      }
      throw new Error(`Tab never came to ${name}`)
    }
    await page.goto(join_url)
    await screen(page, 'welcome')
    await press('Continue to the sound check')
    await screen(page, 'check')
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
    await press('Use the microphone')
    await page.locator('.meter').waitFor()
    await press('Start the interview')
    await mood(page, 'speaking')
    await press('Leave')
    await page.getByRole('dialog').waitFor()
    await inspect(page, 'leave')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await press('Leave')
    await press('Leave and end it')
    await screen(page, 'thanks-left')
    expect(visit.errors).toEqual([])
    await visit.end()
  })
})
