/**
 * Connections that are lost, between the browser's own page and the engine: the relay drops every packet for 2, 10 and 60
 * seconds. The times are real, as the browser's own timers are; the longest belong to the whole check only (WHOLE=1).
 */

import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Visit, launch, mood, screen } from '../harness/browser'
import { Engine } from '../harness/engine'
import { figure, seconds } from '../harness/figures'
import { Microphone } from '../harness/microphone'
import { Person } from '../harness/person'
import { Relay } from '../harness/relay'
import { start } from '../harness/stage'
import { hum } from '../harness/wav'

const GUIDE = `
name: Three things
research_objective: Things
sections:
  - section_name: All
    questions:
      - {id: q1, text: What is thing one?, required: true, max_follow_ups: 0}
      - {id: q2, text: What is thing two?, required: true, max_follow_ups: 0}
      - {id: q3, text: What is thing three?, required: true, max_follow_ups: 0}
`
const whole = process.env['WHOLE'] !== undefined

/** Runs in the page: what was seen of the conversation, and when. */
const MOODS = `
window.moods = []
const look = () => {
  const now = document.querySelector('.stage')?.dataset.mood ?? document.querySelector('[data-screen]')?.dataset.screen
  if (now !== undefined && now !== window.moods.at(-1)) window.moods.push(now)
}
new MutationObserver(look).observe(document, {
  subtree: true, childList: true, attributes: true, attributeFilter: ['data-mood', 'data-screen'],
})`

let engine: Engine
let browser: Browser
let microphone: Microphone
let relay: Relay

beforeAll(async () => {
  relay = await Relay.open()
  engine = await Engine.start({ scripted: true, env: relay.env })
})
afterAll(async () => {
  await engine?.stop()
  relay?.close()
})
beforeEach(async () => {
  microphone = new Microphone()
  browser = await launch({ microphone: microphone.path })
  relay.silence(false)
  relay.exchanges.length = 0
})
afterEach(async () => {
  await browser?.close()
})

class Call {
  private constructor(
    readonly id: string,
    readonly url: string,
    readonly visit: Visit,
    readonly person: Person,
  ) {}

  /** A call over the relay, its second question put. */
  static async atTheSecondQuestion(): Promise<Call> {
    const { id, join_url } = await engine.schedule(await engine.addGuide(GUIDE))
    const visit = await Visit.begin(browser, engine.url, MOODS)
    await relay.carry(visit.context)
    await start(visit.page, join_url)
    await screen(visit.page, 'conversation')
    const call = new Call(id, join_url, visit, Person.humming(visit.page, microphone))
    expect(await call.person.until(/thing two/)).not.toBeNull()
    return call
  }

  get page(): Page {
    return this.visit.page
  }

  async moods(): Promise<string[]> {
    return this.page.evaluate(() => (window as unknown as { moods: string[] }).moods)
  }

  async interview(): Promise<{ status: string; current_question_id: string; conversation_state: { connected: boolean } }> {
    return engine.get(`/api/interviews/${this.id}`)
  }

  /** Each question was answered once, in one asking. */
  async check(): Promise<void> {
    const { items } = await engine.get<{ items: { question_id: string; response_text: string }[] }>(
      `/api/interviews/${this.id}/responses`,
    )
    expect(items.map((item) => item.question_id).sort()).toEqual(['q1', 'q2', 'q3'])
    expect(items.every((item) => item.response_text !== '')).toBe(true)
    expect(await this.interview()).toMatchObject({ status: 'completed' })
    expect(this.visit.errors).toEqual([])
  }
}

async function until(at: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, at - Date.now()))
}

const restarts = (): number => relay.exchanges.filter((one) => one.restart && one.status === 200).length
const joins = (): number => relay.exchanges.filter((one) => one.method === 'POST').length

describe('two seconds without a packet', () => {
  test('are invisible', { timeout: 120_000 }, async () => {
    const call = await Call.atTheSecondQuestion()
    const before = (await call.moods()).length
    const dropped = relay.dropped
    relay.silence(true)
    await until(Date.now() + 2_000)
    relay.silence(false)
    expect(relay.dropped - dropped, 'packets lost').toBeGreaterThan(50)
    await call.person.toTheEnd()
    const seen = (await call.moods()).slice(before)
    expect(seen).not.toContain('paused')
    expect(seen).not.toContain('reconnecting')
    expect([joins(), restarts()]).toEqual([1, 0])
    await call.check()
    figure(3, `2 s: ${relay.dropped - dropped} packets lost, nothing seen of it on the page, no restart; 3 of 3 answers once`)
    await call.visit.end()
  })
})

describe('ten seconds without a packet', () => {
  /** From a loss that has just begun to the end of the interview; `asks`: what is asked when it is back. */
  async function tenSeconds(call: Call, what: string, asks: RegExp): Promise<void> {
    const began = Date.now()
    const before = (await call.moods()).length
    await mood(call.page, 'reconnecting', 10_000)
    const noticed = Date.now() - began
    await call.page.getByText('Connection lost. Reconnecting…').first().waitFor()
    expect(await call.interview()).toMatchObject({ status: 'in_progress', conversation_state: { connected: false } })
    await until(began + 10_000)
    relay.silence(false)
    await mood(call.page, 'speaking')
    const back = Date.now() - began - 10_000
    const seen = (await call.moods()).slice(before)
    // Not taken for a pause that the person asked for.
    expect(seen).not.toContain('paused')
    expect([joins(), restarts()]).toEqual([1, 1])
    expect(await call.person.turn()).toMatch(asks)
    await call.person.toTheEnd()
    await call.check()
    figure(
      3,
      `10 s ${what}: said after ${seconds(noticed)}, back ${seconds(back)} after the network by a restart (PATCH), ` +
        `the same asking; 3 of 3 answers once`,
    )
    await call.visit.end()
  }

  test('while it listens: the same asking goes on after a restart of ICE', { timeout: 120_000 }, async () => {
    const call = await Call.atTheSecondQuestion()
    relay.silence(true)
    await tenSeconds(call, 'while it listens', /thing two/)
  })

  test.runIf(whole)('in the middle of an answer', { timeout: 120_000 }, async () => {
    const call = await Call.atTheSecondQuestion()
    await microphone.say(call.page, hum(4), 1_500)
    relay.silence(true)
    // What was said before it is kept with the question, which is put again or taken as answered.
    await tenSeconds(call, 'in mid-answer', /thing (two|three)/)
  })

  test.runIf(whole)('right after an answer', { timeout: 120_000 }, async () => {
    const call = await Call.atTheSecondQuestion()
    await microphone.say(call.page, hum(0.8))
    await until(Date.now() + 300)
    relay.silence(true)
    await tenSeconds(call, 'right after an answer', /thing (two|three)/)
  })
})

describe.runIf(whole)('sixty seconds without a packet', () => {
  async function loseIt(call: Call): Promise<void> {
    const began = Date.now()
    relay.silence(true)
    await mood(call.page, 'reconnecting', 10_000)
    await until(began + 60_000)
    // Still tried, still said, and nothing more was asked meanwhile.
    expect(await call.page.locator('.stage').getAttribute('data-mood')).toBe('reconnecting')
    expect(await call.interview()).toMatchObject({
      status: 'in_progress',
      current_question_id: 'q2',
      conversation_state: { connected: false },
    })
  }

  test('the interview is paused, and the page that stays open takes it up by itself', { timeout: 240_000 }, async () => {
    const call = await Call.atTheSecondQuestion()
    await loseIt(call)
    const back = Date.now()
    relay.silence(false)
    await mood(call.page, 'speaking', 60_000)
    const took = Date.now() - back
    expect(await call.person.turn()).toMatch(/thing two/)
    await call.person.toTheEnd()
    await call.check()
    figure(3, `60 s, page left open: paused; back by itself ${seconds(took)} after the network (${joins()} joins), same asking`)
    await call.visit.end()
  })

  test('the interview is paused, and the same link takes it up in a new window', { timeout: 240_000 }, async () => {
    const call = await Call.atTheSecondQuestion()
    await loseIt(call)
    await call.page.close()
    relay.silence(false)
    const page = await call.visit.tab()
    await page.goto(call.url)
    await screen(page, 'welcome')
    expect(await page.locator('main').innerText()).toContain('Welcome back')
    await start(page, call.url)
    const person = Person.humming(page, microphone)
    expect(await person.turn()).toMatch(/thing two/)
    await person.toTheEnd()
    await call.check()
    figure(3, '60 s, window closed: the same link goes on with the same asking; 3 of 3 answers once')
    await call.visit.end()
  })
})
