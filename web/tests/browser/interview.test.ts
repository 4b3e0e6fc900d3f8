/** The whole short interview through the page, by clicking and speaking, with the real models. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Visit, launch, mood, screen } from '../harness/browser'
import { Engine, root, speak } from '../harness/engine'
import { figure, seconds } from '../harness/figures'
import { inspect } from '../harness/inspect'
import { Microphone } from '../harness/microphone'
import { type Answer, Person } from '../harness/person'
import { hearReport } from '../harness/report'
import { PEERS, sent } from '../harness/stage'
import { readWav, silence } from '../harness/wav'

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
/** Questions of the guide, and a word of the answer to each. */
const WORDS: Record<string, RegExp> = {
  work: /book ?keeping/,
  hardest: /noise/,
  satisfaction: /eight|8/,
  manager: /monday/,
  wish: /door/,
}

interface Response {
  question_id: string
  response_text: string
}

let engine: Engine
let browser: Browser
let microphone: Microphone

beforeAll(async () => {
  engine = await Engine.start()
  microphone = new Microphone()
  browser = await launch({ microphone: microphone.path })
})
afterAll(async () => {
  await browser?.close()
  await engine?.stop()
})

function words(text: string): string[] {
  const plain = text.toLowerCase().replaceAll('book keeping', 'bookkeeping').replaceAll(/\b8\b/g, 'eight')
  return plain.replaceAll('’', "'").match(/[a-z']+/g) ?? []
}

/** How many of the words that were said are among those that were stored. */
function found(said: string[], stored: string): [found: number, of: number] {
  const left = words(stored)
  const all = said.flatMap(words)
  const hits = all.filter((word) => {
    const at = left.indexOf(word)
    if (at >= 0) left.splice(at, 1)
    return at >= 0
  })
  return [hits.length, all.length]
}

test('a person holds the short interview in the browser', { timeout: 400_000 }, async () => {
  const began = Date.now()
  const guide = await engine.addGuide(readFileSync(join(root, 'guides/short.yaml'), 'utf8'))
  const { id, join_url } = await engine.schedule(guide, 'Dana')
  const visit = await Visit.begin(browser, engine.url, PEERS)
  const { page } = visit
  const person = Person.speaking(page, microphone, ANSWERS)

  await page.goto(join_url)
  await screen(page, 'welcome')
  expect(await page.locator('main').innerText()).toContain('Dana')
  expect(await page.locator('h1').innerText()).toBe('Working from home, in two minutes')
  await inspect(page, 'welcome')
  await page.getByRole('button', { name: 'Continue to the sound check' }).click()
  await screen(page, 'check')
  const hello = readWav(join(speak({ hello: 'Hello, can you hear me?' }, 'am_michael'), 'hello.wav'))
  const spoken = microphone.hold(hello)
  await page.getByRole('button', { name: 'Use the microphone' }).click()
  await page.getByText('Your microphone works.').waitFor()
  // Nobody begins the call in the middle of a word.
  await new Promise((resolve) => setTimeout(resolve, spoken))
  await page.getByRole('button', { name: 'Start the interview' }).click()

  await screen(page, 'conversation')
  const asked: string[] = []
  let [repeated, paused] = [false, false]
  let captions: { speaker: string | null; text: string }[] = []
  for (let question = await person.turn(); question !== null; question = await person.turn()) {
    asked.push(question)
    if (/hardest part/.test(question) && !repeated) {
      repeated = true
      await inspect(page, 'conversation-listening')
      await page.getByRole('button', { name: 'Please repeat' }).click()
      await mood(page, 'speaking')
      continue
    }
    if (/one to ten/.test(question) && !paused) {
      paused = true
      await page.getByRole('button', { name: 'Pause' }).click()
      await mood(page, 'paused')
      await inspect(page, 'conversation-paused')
      await page.getByRole('button', { name: 'Resume' }).click()
      await mood(page, 'speaking')
      continue
    }
    await person.answer(question)
    // The last of them are there when the conversation is not: then these stay.
    const now = await page.locator('.captions p[data-final="true"]').evaluateAll((lines) =>
      lines.map((line) => ({ speaker: line.getAttribute('class'), text: line.textContent ?? '' })),
    )
    if (now.length > 0) captions = now
  }
  expect([repeated, paused]).toEqual([true, true])
  // Repeated and resumed: the same question was put again.
  expect(asked.filter((question) => /hardest part/.test(question))).toHaveLength(2)
  expect(asked.filter((question) => /one to ten/.test(question))).toHaveLength(2)
  const shown = (speaker: string): string[] =>
    captions.filter((caption) => caption.speaker === speaker).map((caption) => caption.text)
  expect(shown('interviewer').join(' ')).toMatch(/kind of work/)
  expect(shown('respondent').join(' ').toLowerCase()).toMatch(/book ?keeping/)

  await screen(page, 'thanks-completed')
  await inspect(page, 'thanks-completed')
  const thanks = await page.locator('main').innerText()
  expect(thanks).toContain('What happens with your data')
  expect(thanks).toContain('The conversation was recorded, as you allowed.')

  const interview = await engine.get<{ status: string; can_be_recorded: boolean }>(`/api/interviews/${id}`)
  expect(interview).toMatchObject({ status: 'completed', can_be_recorded: true })
  const { items } = await engine.get<{ items: Response[] }>(`/api/interviews/${id}/responses`)
  for (const [question, word] of Object.entries(WORDS)) {
    const texts = items.filter((item) => item.question_id === question).map((item) => item.response_text)
    expect(texts.join(' ').toLowerCase(), question).toMatch(word)
  }
  // What was said to consent is no answer.
  const [kept, of] = found(person.said.slice(2), items.map((item) => item.response_text).join(' '))
  const lines = [shown('interviewer').length, shown('respondent').length]
  figure(1, `${kept} of ${of} words said are in the API's responses (${items.length}); ${seconds(Date.now() - began)}`)
  figure(1, `captions before the end: ${lines.join(' of the interviewer, ')} of the respondent; repeated, paused, resumed`)
  expect(kept / of, 'share of the words that were kept').toBeGreaterThan(0.9)
  const recording = await fetch(`${engine.url}/api/interviews/${id}/recording`)
  expect(recording.status).toBe(200)
  expect((await recording.arrayBuffer()).byteLength).toBeGreaterThan(50_000)
  await hearReport(browser, engine, id)

  expect(visit.foreign).toEqual([])
  expect(visit.errors).toEqual([])
  expect(await visit.shifted(), 'layout shift').toBeLessThan(0.1)
  await visit.end()
})

test('somebody who says no is thanked, and nothing of them is kept', { timeout: 120_000 }, async () => {
  const guide = await engine.addGuide(readFileSync(join(root, 'guides/short.yaml'), 'utf8'))
  const { id, join_url } = await engine.schedule(guide)
  const visit = await Visit.begin(browser, engine.url, PEERS)
  const { page } = visit
  // What was said in the call before must not sound into this one.
  microphone.hold(silence(1))
  const person = Person.speaking(page, microphone, [{ to: /take part/, say: 'No, thank you.' }])
  await page.goto(join_url)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Use the microphone' }).click()
  await page.getByRole('button', { name: 'Start the interview' }).click()
  const question = await person.turn()
  expect(question).toContain('Would you like to take part?')
  expect((await sent(page)).settings.echoCancellation).toBe(true)
  await person.answer(question ?? '')
  await screen(page, 'thanks-declined', 30_000)
  await inspect(page, 'thanks-declined')
  expect(await engine.get(`/api/interviews/${id}`)).toMatchObject({
    status: 'cancelled',
    status_reason: 'consent_declined',
  })
  expect(await engine.get(`/api/interviews/${id}/responses`)).toEqual({ items: [] })
  figure(1, 'refused consent: cancelled, no responses')
  expect(visit.errors).toEqual([])
  await visit.end()
})
