/** The start page: guides, links, and what is said when the engine does not answer. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { Visit, screen } from '../harness/browser'
import { inspect } from '../harness/inspect'
import { Stage } from '../harness/stage'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.set()
})
afterAll(async () => {
  await stage?.clear()
})

// First: the engine knows no guide yet.
test('the start page offers guides, makes links, and opens interviews', async () => {
  const visit = await Visit.begin(stage.browser, stage.engine.url)
  const { page } = visit
  await page.goto('/')
  await screen(page, 'start')
  await page.getByRole('button', { name: /^Add/ }).first().waitFor()
  expect(await page.getByRole('button', { name: /^Add/ }).count()).toBe(3)
  await inspect(page, 'start-empty')
  await page.getByRole('button', { name: 'Add “Working from home, in two minutes”' }).click()
  await page.getByRole('button', { name: 'Make a link' }).waitFor()
  await inspect(page, 'start')

  await page.getByRole('textbox', { name: /^Name/ }).fill('Dana')
  await page.getByRole('button', { name: 'Make a link' }).click()
  const link = page.getByLabel('Their link')
  await link.waitFor()
  expect(await link.inputValue()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/join\/[\w-]{20,}$/)
  await page.getByRole('button', { name: 'Copy' }).click()
  await page.getByText('Copied.').waitFor()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await link.inputValue())
  await inspect(page, 'start-link-made')

  await page.getByRole('button', { name: 'Try it' }).click()
  await screen(page, 'welcome')
  expect(visit.errors).toEqual([])
  expect(visit.foreign).toEqual([])
  await visit.end()
})

test('an engine that keeps it waiting, and one that is gone', async () => {
  const visit = await Visit.begin(stage.browser, stage.engine.url)
  const { page } = visit
  let goesOn = (): void => undefined
  const waited = new Promise<void>((resolve) => (goesOn = resolve))
  await page.route('**/api/call-guides/**', async (route) => {
    await waited
    await route.abort()
  })
  await page.goto('/')
  await page.getByText('Looking for guides…').waitFor()
  await inspect(page, 'start-loading')
  goesOn()
  await page.getByText('The engine does not answer.').waitFor()
  await inspect(page, 'start-failed')
  await page.unroute('**/api/call-guides/**')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('heading', { name: 'Call guides' }).waitFor()
  await visit.end()
})
