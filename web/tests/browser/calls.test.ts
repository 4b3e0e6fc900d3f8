/** Calls that do not go straight: taken up again, full engines, two windows, engines that die; and how they end. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { Visit, mood, screen } from '../harness/browser'
import { figure } from '../harness/figures'
import { inspect } from '../harness/inspect'
import { Person } from '../harness/person'
import { Stage, leave, start } from '../harness/stage'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.set({ MAX_CONCURRENT_INTERVIEWS: '1', ENABLE_CALL_RECORDING: 'false' })
})
afterAll(async () => {
  await stage?.clear()
})

const begin = (): Promise<Visit> => Visit.begin(stage.browser, stage.engine.url)

test('a page that is loaded again goes on with the interview', async () => {
  const { url } = await stage.link()
  const visit = await begin()
  const { page } = visit
  await start(page, url)
  await mood(page, 'speaking')
  await page.reload()
  await screen(page, 'welcome')
  expect(await page.locator('main').innerText()).toContain('Welcome back')
  await inspect(page, 'welcome-back')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Use the microphone' }).click()
  await page.getByRole('button', { name: 'Continue the interview' }).click()
  await mood(page, 'speaking')
  await leave(page)
  await screen(page, 'thanks-left')
  await inspect(page, 'thanks-left')
  await visit.end()
})

test('an engine that is full is tried again by itself', async () => {
  const [first, second] = [await stage.link(), await stage.link()]
  const talking = await begin()
  await start(talking.page, first.url)
  await mood(talking.page, 'speaking')

  const waiting = await begin()
  // The engine asks for half a minute; three seconds will do here. The refusal itself is its own.
  const refused: number[] = []
  await waiting.page.route('**/call', async (route) => {
    const response = await route.fetch()
    refused.push(response.status())
    await route.fulfill({ response, headers: { ...response.headers(), 'retry-after': '3' } })
  })
  await start(waiting.page, second.url)
  await screen(waiting.page, 'trouble-full')
  await inspect(waiting.page, 'trouble-full')
  await leave(talking.page)
  await screen(talking.page, 'thanks-left')
  await mood(waiting.page, 'speaking', 20_000)
  expect(refused[0]).toBe(503)
  expect(refused.at(-1)).toBe(201)
  figure(2, `full engine (503): counts down and tries again by itself; connected at try ${refused.length}`)
  await leave(waiting.page)
  await screen(waiting.page, 'thanks-left')
  await talking.end()
  await waiting.end()
})

test('a second window takes over, and the first one lets go', async () => {
  const { url } = await stage.link()
  const visit = await begin()
  await start(visit.page, url)
  await mood(visit.page, 'speaking')
  const second = await visit.tab()
  await start(second, url)
  await screen(second, 'trouble-elsewhere')
  await inspect(second, 'trouble-elsewhere')
  await second.getByRole('button', { name: 'Continue here instead' }).click()
  await mood(second, 'speaking')
  await screen(visit.page, 'elsewhere')
  await inspect(visit.page, 'elsewhere')
  await leave(second)
  await screen(second, 'thanks-left')
  await visit.end()
})

test('another device takes over, and the first one is told by the engine', async () => {
  const { url } = await stage.link()
  // Two contexts share nothing: they do not hear of each other but from the engine.
  const [one, other] = [await begin(), await begin()]
  await start(one.page, url)
  await mood(one.page, 'speaking')
  await start(other.page, url)
  await screen(other.page, 'trouble-elsewhere')
  await other.page.getByRole('button', { name: 'Continue here instead' }).click()
  await mood(other.page, 'speaking')
  await screen(one.page, 'elsewhere')
  await one.page.getByRole('button', { name: 'Continue here instead' }).click()
  await mood(one.page, 'speaking')
  await screen(other.page, 'elsewhere')
  await leave(one.page)
  await screen(one.page, 'thanks-left')
  await one.end()
  await other.end()
})

test('an engine that dies and comes back goes on with the same page', { timeout: 90_000 }, async () => {
  const { url } = await stage.link()
  const visit = await begin()
  const { page } = visit
  await start(page, url)
  await mood(page, 'speaking')
  await stage.engine.kill()
  await mood(page, 'reconnecting', 30_000)
  await inspect(page, 'conversation-reconnecting')
  await stage.engine.run()
  await mood(page, 'speaking', 30_000)
  await leave(page)
  await screen(page, 'thanks-left')
  await visit.end()
})

test('after five minutes without a connection the person is asked', { timeout: 120_000 }, async () => {
  const { url } = await stage.link()
  const visit = await begin()
  const { page } = visit
  await page.clock.install()
  await start(page, url)
  await mood(page, 'speaking')
  await stage.engine.kill()
  await mood(page, 'reconnecting', 30_000)
  const lost = page.locator('[data-screen="lost"]')
  for (let minutes = 0; minutes < 12 && (await lost.count()) === 0; minutes += 0.5) await page.clock.runFor(30_000)
  await lost.waitFor()
  await inspect(page, 'lost')
  await stage.engine.run()
  await page.getByRole('button', { name: 'Try again' }).click()
  await mood(page, 'speaking', 30_000)
  await leave(page)
  await screen(page, 'thanks-left')
  await visit.end()
})

test('an interview to its end, without a recording; and its link afterwards', { timeout: 120_000 }, async () => {
  const { id, url } = await stage.link()
  const visit = await begin()
  const { page } = visit
  let goesOn = (): void => undefined
  const waited = new Promise<void>((resolve) => (goesOn = resolve))
  await start(page, url)
  await screen(page, 'conversation')
  // How it ended is asked for when it has.
  await page.route(/\/api\/join\/[^/]+$/, async (route) => {
    await waited
    await route.continue()
  })
  const person = Person.humming(page, stage.microphone)
  for (let words = await person.turn(); words !== null; words = await person.turn()) {
    await person.answer(words)
    const over = page.locator('[data-screen="ending"], .stage[data-mood="listening"]')
    await over.first().waitFor({ timeout: 30_000 })
    if ((await page.locator('[data-screen="ending"]').count()) > 0) break
  }
  await screen(page, 'ending')
  await inspect(page, 'ending')
  goesOn()
  await screen(page, 'thanks-completed')
  await inspect(page, 'thanks-completed-unrecorded')
  const said = await page.locator('main').innerText()
  expect(said).toContain('What happens with your data')
  expect(said).toContain('No recording of your voice was kept.')
  expect(await stage.engine.get(`/api/interviews/${id}`)).toMatchObject({ status: 'completed', can_be_recorded: false })

  await page.unroute(/\/api\/join\/[^/]+$/)
  await page.goto(url)
  await screen(page, 'thanks-completed')
  expect(await page.locator('main').innerText()).toContain('This link has been used')
  await inspect(page, 'thanks-again')
  await visit.end()
})

test('an interview that the engine could not hold', async () => {
  const { url } = await stage.link()
  const visit = await begin()
  const { page } = visit
  // Engines of tests do not fail by themselves.
  await page.route(/\/api\/join\/[^/]+$/, async (route) => {
    const response = await route.fetch()
    const told = (await response.json()) as Record<string, unknown>
    await route.fulfill({ response, json: { ...told, status: 'failed', status_reason: 'stt_failed', consent_given: true } })
  })
  await page.goto(url)
  await screen(page, 'thanks-failed')
  await inspect(page, 'thanks-failed')
  await visit.end()
})
