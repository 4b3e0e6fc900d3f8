/** What a link leads to before there is a call: the invitation, and every reason why there is none. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { Visit, mood, screen } from '../harness/browser'
import { figure } from '../harness/figures'
import { inspect } from '../harness/inspect'
import { Stage, check, leave, start } from '../harness/stage'

/** What a visitor may have to fetch, compressed. */
const BUDGET = 150 * 1024

let stage: Stage
beforeAll(async () => {
  stage = await Stage.set()
})
afterAll(async () => {
  await stage?.clear()
})

const begin = (script?: string): Promise<Visit> => Visit.begin(stage.browser, stage.engine.url, script)

test('the call page is light, and comes from the engine alone', async () => {
  const { url } = await stage.link()
  const visit = await begin()
  const { page } = visit
  const network = await visit.context.newCDPSession(page)
  await network.send('Network.enable')
  let bytes = 0
  network.on('Network.loadingFinished', (finished) => {
    bytes += finished.encodedDataLength
  })
  await page.goto(url)
  await screen(page, 'welcome')
  await page.waitForLoadState('networkidle')
  expect(bytes).toBeGreaterThan(10_000)
  expect(bytes, 'bytes over the wire').toBeLessThan(BUDGET)
  expect(visit.foreign).toEqual([])
  expect(visit.errors).toEqual([])
  figure(6, `page: ${(bytes / 1024).toFixed(1)} of 150 KiB over the wire, ${visit.foreign.length} requests to others`)
  await visit.end()
})

test('an engine that takes its time', async () => {
  const { url } = await stage.link()
  const visit = await begin()
  const { page } = visit
  let goesOn = (): void => undefined
  const waited = new Promise<void>((resolve) => (goesOn = resolve))
  await page.route(/\/api\/join\//, async (route) => {
    await waited
    await route.continue()
  })
  await page.goto(url)
  await screen(page, 'loading')
  await inspect(page, 'loading')
  goesOn()
  await screen(page, 'welcome')
  await visit.end()
})

test('one that nobody was given', async () => {
  const visit = await begin()
  await visit.page.goto('/join/nobody-was-given-this')
  await screen(visit.page, 'trouble-unknown')
  await inspect(visit.page, 'trouble-unknown')
  figure(2, 'unknown link: said, with a way out')
  await visit.end()
})

test('one that has expired', async () => {
  const { id, url } = await stage.link()
  stage.engine.expire(id)
  const visit = await begin()
  await visit.page.goto(url)
  await screen(visit.page, 'trouble-expired')
  await inspect(visit.page, 'trouble-expired')
  figure(2, 'expired link (410): said, with a way out')
  await visit.end()
})

test('one whose interview was cancelled', async () => {
  const { id, url } = await stage.link()
  await fetch(`${stage.engine.url}/api/interviews/${id}`, { method: 'DELETE' })
  const visit = await begin()
  await visit.page.goto(url)
  await screen(visit.page, 'thanks-closed')
  await inspect(visit.page, 'thanks-closed')
  await visit.end()
})

test('an engine that can not be reached', async () => {
  const { url } = await stage.link()
  const visit = await begin()
  const { page } = visit
  await page.goto(url)
  await screen(page, 'welcome')
  await check(page, url)
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

test('a browser that can make no calls', async () => {
  const { url } = await stage.link()
  const visit = await begin('delete window.RTCPeerConnection')
  await start(visit.page, url)
  await screen(visit.page, 'trouble-browser')
  await inspect(visit.page, 'trouble-browser')
  await visit.end()
})

test('an engine that does not understand the offer', async () => {
  const { url } = await stage.link()
  const visit = await begin()
  const { page } = visit
  // The refusal is the engine's own.
  await page.route(/\/call$/, (route) => route.continue({ postData: 'v=0\r\n' }))
  await start(page, url)
  await screen(page, 'trouble-engine')
  await inspect(page, 'trouble-engine')
  await visit.end()
})

test('a page of which a part did not come', async () => {
  const { url } = await stage.link()
  const visit = await begin()
  const { page } = visit
  await page.route(/assets\/CallPage.*\.js/, (route) => route.abort())
  await page.goto(url)
  await screen(page, 'broken')
  await inspect(page, 'broken')
  await page.unroute(/assets\/CallPage.*\.js/)
  await page.getByRole('button', { name: 'Reload the page' }).click()
  await screen(page, 'welcome')
  await visit.end()
})
