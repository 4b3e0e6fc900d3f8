/** The whole short interview through the page, by clicking and speaking, with the real models. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Visit, launch, mood, screen } from '../harness/browser'
import { Engine, root } from '../harness/engine'
import { inspect } from '../harness/inspect'
import { type Answer, Person, VOICE } from '../harness/person'

const ANSWERS: Answer[] = [
  { to: /take part/, say: "Yes, that's fine." },
  { to: /record/, say: 'Yes, you can record this.' },
  { to: /How long have you been doing that/, say: 'I have done it from home for four years.' },
  { to: /kind of work/, say: 'I do bookkeeping for small shops.' },
  { to: /deal with the noise|last time that happened|work and family/, say: 'I bought headphones last winter.' },
  { to: /hardest part/, say: 'The hardest part is the noise from the street every morning.' },
  { to: /higher score/, say: 'A quiet room of my own.' },
  { to: /one to ten|from 1 to 10/, say: 'I would say eight.' },
  { to: /support matters/, say: 'The weekly call matters most to me.' },
  { to: /manager/, say: 'My manager calls me every Monday.' },
  { to: /home office/, say: 'A door that closes would make it better.' },
]

interface Response {
  question_id: string
  response_text: string
}

let engine: Engine
let browser: Browser

beforeAll(async () => {
  engine = await Engine.start()
  browser = await launch()
})
afterAll(async () => {
  await browser?.close()
  await engine?.stop()
})

test('a person holds the short interview in the browser', { timeout: 400_000 }, async () => {
  const guide = await engine.addGuide(readFileSync(join(root, 'guides/short.yaml'), 'utf8'))
  const { id, join_url } = await engine.schedule(guide, 'Dana')
  const visit = await Visit.begin(browser, engine.url, VOICE)
  const { page } = visit
  const person = new Person(page, ANSWERS)

  await page.goto(join_url)
  await screen(page, 'welcome')
  expect(await page.locator('main').innerText()).toContain('Dana')
  expect(await page.locator('h1').innerText()).toBe('Working from home, in two minutes')
  await inspect(page, 'welcome')
  await page.getByRole('button', { name: 'Continue to the sound check' }).click()
  await screen(page, 'check')
  await page.getByRole('button', { name: 'Use the microphone' }).click()
  await page.getByRole('button', { name: 'Start the interview' }).click()

  await screen(page, 'conversation')
  const asked: string[] = []
  let [repeated, paused] = [false, false]
  for (let words = await person.turn(); words !== null; words = await person.turn()) {
    asked.push(words)
    if (/hardest part/.test(words) && !repeated) {
      repeated = true
      await inspect(page, 'conversation-listening')
      await page.getByRole('button', { name: 'Please repeat' }).click()
      await mood(page, 'speaking')
      continue
    }
    if (/one to ten/.test(words) && !paused) {
      paused = true
      await page.getByRole('button', { name: 'Pause' }).click()
      await mood(page, 'paused')
      await inspect(page, 'conversation-paused')
      await page.getByRole('button', { name: 'Resume' }).click()
      await mood(page, 'speaking')
      continue
    }
    await person.answer(words)
  }
  expect([repeated, paused]).toEqual([true, true])
  // Repeated and resumed: the same question was put again.
  expect(asked.filter((words) => /hardest part/.test(words))).toHaveLength(2)
  expect(asked.filter((words) => /one to ten/.test(words))).toHaveLength(2)

  await screen(page, 'thanks-completed')
  await inspect(page, 'thanks')
  const thanks = await page.locator('main').innerText()
  expect(thanks).toContain('The conversation was recorded, as you allowed.')

  const interview = await engine.get<{ status: string; can_be_recorded: boolean }>(`/api/interviews/${id}`)
  expect(interview).toMatchObject({ status: 'completed', can_be_recorded: true })
  const { items } = await engine.get<{ items: Response[] }>(`/api/interviews/${id}/responses`)
  const told = (question: string): string =>
    items
      .filter((item) => item.question_id === question)
      .map((item) => item.response_text.toLowerCase())
      .join(' ')
  expect(told('work')).toMatch(/book ?keeping/)
  expect(told('hardest')).toMatch(/noise/)
  expect(told('satisfaction')).toMatch(/eight|8/)
  expect(told('manager')).toMatch(/monday/)
  expect(told('wish')).toMatch(/door/)
  for (const question of ['work', 'hardest', 'satisfaction', 'manager', 'wish']) {
    expect(items.filter((item) => item.question_id === question).length, question).toBeGreaterThan(0)
  }
  const recording = await fetch(`${engine.url}/api/interviews/${id}/recording`)
  expect(recording.status).toBe(200)
  expect((await recording.arrayBuffer()).byteLength).toBeGreaterThan(50_000)

  expect(visit.foreign).toEqual([])
  expect(visit.errors).toEqual([])
  expect(await visit.shifted(), 'layout shift').toBeLessThan(0.1)
  await visit.end()
})

test('somebody who says no is thanked, and nothing of them is kept', { timeout: 120_000 }, async () => {
  const guide = await engine.addGuide(readFileSync(join(root, 'guides/short.yaml'), 'utf8'))
  const { id, join_url } = await engine.schedule(guide)
  const visit = await Visit.begin(browser, engine.url, VOICE)
  const { page } = visit
  const person = new Person(page, [{ to: /take part/, say: 'No, thank you.' }])
  await page.goto(join_url)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Use the microphone' }).click()
  await page.getByRole('button', { name: 'Start the interview' }).click()
  const words = await person.turn()
  expect(words).toContain('Would you like to take part?')
  await person.answer(words ?? '')
  await screen(page, 'thanks-declined', 30_000)
  await inspect(page, 'thanks-declined')
  expect(await engine.get(`/api/interviews/${id}`)).toMatchObject({
    status: 'cancelled',
    status_reason: 'consent_declined',
  })
  expect(await engine.get(`/api/interviews/${id}/responses`)).toEqual({ items: [] })
  expect(visit.errors).toEqual([])
  await visit.end()
})
