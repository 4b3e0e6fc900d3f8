/** The sound check, and every microphone that does not do. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { Visit, launch } from '../harness/browser'
import { figure } from '../harness/figures'
import { inspect } from '../harness/inspect'
import type { State } from '../harness/states'
import { Stage, check } from '../harness/stage'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.set()
})
afterAll(async () => {
  await stage?.clear()
})

test('one that the browser blocks', async () => {
  const strict = await launch({ permission: 'deny' })
  const visit = await Visit.begin(strict, stage.engine.url)
  await check(visit.page, (await stage.link()).url)
  await visit.page.getByRole('heading', { name: /does not allow this page to use the microphone/ }).waitFor()
  expect(await visit.page.getByRole('button', { name: 'Start the interview' }).isDisabled()).toBe(true)
  await inspect(visit.page, 'microphone-blocked')
  figure(2, 'microphone denied: said where to allow it, no call without it')
  await strict.close()
})

test('none at all', async () => {
  const mute = await launch({ microphone: null })
  const visit = await Visit.begin(mute, stage.engine.url)
  await check(visit.page, (await stage.link()).url)
  await visit.page.getByRole('heading', { name: 'No microphone was found' }).waitFor()
  await inspect(visit.page, 'microphone-missing')
  await mute.close()
})

test.each<[State, string, RegExp]>([
  ['microphone-busy', 'NotReadableError', /microphone is in use/],
  ['microphone-failed', 'InvalidStateError', /did not start/],
])('%s', async (state, error, said) => {
  // No machine of a test has these faults: the browser's word for them has to do.
  const refuses = `navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', '${error}') }`
  const visit = await Visit.begin(stage.browser, stage.engine.url, refuses)
  await check(visit.page, (await stage.link()).url)
  await visit.page.getByRole('heading', { name: said }).waitFor()
  await inspect(visit.page, state)
  await visit.end()
})

test('one that the browser keeps from pages without https', async () => {
  // As on such a page: these are not there.
  const insecure = 'delete Navigator.prototype.mediaDevices; delete Crypto.prototype.randomUUID'
  const visit = await Visit.begin(stage.browser, stage.engine.url, insecure)
  await check(visit.page, (await stage.link()).url)
  await visit.page.getByRole('heading', { name: /page cannot use a microphone/ }).waitFor()
  await inspect(visit.page, 'microphone-insecure')
  expect(visit.errors).toEqual([])
  await visit.end()
})

test('one that hears nothing', async () => {
  const visit = await Visit.begin(stage.browser, stage.engine.url)
  await check(visit.page, (await stage.link()).url)
  await visit.page.getByText('Your microphone picks up no sound').waitFor({ timeout: 15_000 })
  await inspect(visit.page, 'microphone-silent')
  figure(2, 'silent microphone: said at the sound check, and in the call after 12 s of a turn')
  await visit.end()
})

test('one that works: the meter moves, and the test sound plays', async () => {
  const beeping = await launch()
  const visit = await Visit.begin(beeping, stage.engine.url)
  const { page } = visit
  await page.goto((await stage.link()).url)
  await page.getByRole('button', { name: 'Continue' }).click()
  await inspect(page, 'check-before')
  await page.getByRole('button', { name: 'Use the microphone' }).click()
  await page.getByText('Your microphone works.').waitFor()
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
