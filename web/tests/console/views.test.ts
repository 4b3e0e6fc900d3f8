/** Every view of the console: accessible in light and dark, on a phone as well, and nothing that the policy forbids. */

import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Visit } from '../harness/browser'
import { root } from '../harness/engine'
import { figure } from '../harness/figures'
import { examine, shots } from '../harness/inspect'
import { Person } from '../harness/person'
import { GUIDE, start } from '../harness/stage'
import { HOSTILE, Setting, VIEWER, clean, open, signIn } from './setting'

let setting: Setting
let visit: Visit
let page: Page
let study = ''
let interview = ''
let webhook = ''
let seen = 0

beforeAll(async () => {
  setting = await Setting.make()
  const { engine } = setting
  study = await engine.addGuide(GUIDE)
  const { id, join_token } = await engine.schedule(study, 'Kim Lee')
  interview = id
  const hook = { name: 'Results', url: 'https://example.org/hook', events: ['interview.completed'], is_active: false }
  webhook = (await engine.post<{ id: string }>('/api/webhooks/', JSON.stringify(hook))).id
  await engine.post(`/api/webhooks/${webhook}/test`, '')
  await engine.post('/api/keys/', JSON.stringify({ name: HOSTILE, role: 'viewer' }))
  const call = await setting.visit()
  const person = Person.humming(call.page, setting.microphone)
  await start(call.page, `/join/${join_token}`)
  await person.toTheEnd()
  await call.end()
  visit = await setting.visit()
  page = visit.page
}, 180_000)
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await page.screenshot({ path: join(shots, 'console-failed.png'), fullPage: true })
})
afterAll(async () => {
  await visit?.end()
  await setting?.clear()
})

async function look(name: string): Promise<void> {
  await page.waitForLoadState('networkidle')
  await examine(page, `console-${name}`)
  seen += 1
}

test('signing in', async () => {
  await page.goto('/console')
  await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
  await look('sign-in')
  await signIn(page)
  await page.getByRole('heading', { name: 'Studies of the last 30 days' }).waitFor()
})

/** What has to be there before a view is looked at. */
type Ready = (page: Page) => Promise<void>
const shown =
  (text: string | RegExp): Ready =>
  (at) =>
    at.getByText(text).first().waitFor()

const VIEWS: [name: string, address: () => string, heading: string | RegExp, ready?: Ready][] = [
  ['home', () => '', 'Home', shown('Everything works')],
  ['studies', () => '/studies', 'Studies', shown('Tea or coffee')],
  ['studies-none', () => '/studies?name=nothing-of-this-name', 'Studies', shown('No study fits.')],
  ['study-new', () => '/studies/new', 'New study', shown('Use “Customer discovery”')],
  ['study', () => `/studies/${study}`, 'Tea or coffee', shown(/nothing is doubtful|It can be saved/)],
  ['versions', () => `/studies/${study}/versions`, 'Versions', shown('Nothing differs')],
  ['invite', () => `/invite?guide=${study}`, 'Invite', shown('Nobody waits for an interview')],
  ['interviews', () => '/interviews', 'Interviews', shown('Kim')],
  ['interviews-none', () => '/interviews?q=nobody-of-this-name', 'Interviews', shown('No interview fits')],
  ['interview', () => `/interviews/${interview}`, /^Kim/, shown('Space plays and pauses')],
  ['answers', () => `/interviews/${interview}?view=answers`, /^Kim/, shown('Scores and analysis')],
  ['interview-alerts', () => `/interviews/${interview}?view=alerts`, /^Kim/],
  ['findings', () => '/findings', 'Findings', (at) => at.locator('.chart canvas').waitFor()],
  ['reports', () => '/findings/reports', 'Reports', shown('A report across interviews')],
  ['alerts', () => '/operations/alerts', 'Alerts', shown('Mark as seen')],
  ['tasks', () => '/operations/tasks', 'Background tasks'],
  ['webhooks', () => '/operations/webhooks', 'Webhooks', shown('Results')],
  ['webhook', () => `/operations/webhooks/${webhook}`, 'Results', shown('webhook.test')],
  ['keys', () => '/operations/keys', 'Keys', shown('Withdraw')],
  ['users', () => '/operations/users', 'Users', shown('Victor')],
  ['audit', () => '/operations/audit', 'Audit trail', shown('webhook.created')],
  ['not-found', () => '/nowhere', 'There is nothing here'],
  ['no-interview', () => '/interviews/00000000-0000-7000-8000-000000000000', 'There is nothing here'],
]

test.each(VIEWS)('%s', async (name, address, heading, ready) => {
  await open(page, address(), heading)
  await ready?.(page)
  await look(name)
})

test('the report of an interview', async () => {
  await expect
    .poll(async () => (await setting.engine.get<{ items: unknown[] }>('/api/analytics/insights/')).items.length, {
      timeout: 60_000,
    })
    .toBeGreaterThan(0)
  await open(page, '/findings/reports', 'Reports')
  await page.getByRole('link', { name: 'One interview' }).first().click()
  await page.getByRole('heading', { level: 1, name: 'Report of an interview' }).waitFor()
  await look('report')
})

test('a quote is heard from its first word to its last', async () => {
  interface Turn {
    speaker: string
    text: string
    start_ms: number
    end_ms: number
  }
  const { turns } = await setting.engine.get<{ turns: Turn[] }>(`/api/interviews/${interview}/transcript`)
  const said = turns.find((turn) => turn.speaker === 'respondent')
  if (said === undefined) throw new Error('the respondent said nothing')
  // Scripted answers are too short for the report to quote them, so that one is put into it.
  const quote = { ...said, quote: said.text, context: 'What?', significance: 'It is short', interview_id: interview }
  await page.route(/\/api\/analytics\/insights\/[0-9a-f-]{36}$/, async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, json: { ...(await response.json()), notable_quotes: [quote] } })
  })
  await page.reload()
  await page.getByRole('button', { name: `Play the quote: ${said.text}` }).click()
  await page.getByRole('button', { name: 'Stop the quote' }).waitFor()
  const heard = (): Promise<number> => page.locator('audio').evaluate((audio: HTMLAudioElement) => audio.currentTime)
  expect(await heard()).toBeGreaterThan(said.start_ms / 1000 - 0.5)
  await page.getByRole('button', { name: `Play the quote: ${said.text}` }).waitFor()
  expect(await heard()).toBeLessThan(said.end_ms / 1000 + 1)
  await page.unroute(/\/api\/analytics\/insights\/[0-9a-f-]{36}$/)
})

test('dialogs', async () => {
  await open(page, `/studies/${study}`, 'Tea or coffee')
  await page.getByLabel('Title').fill('Tea, coffee or neither')
  await page
    .getByText(/nothing is doubtful|It can be saved/)
    .first()
    .waitFor()
  await page.getByRole('button', { name: 'Save…' }).click()
  await page.getByRole('dialog').getByText('This is what you have changed').waitFor()
  await look('save')
  await open(page, '/operations/users', 'Users')
  await page.getByRole('button', { name: 'Add a user' }).click()
  await look('add-user')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await open(page, `/interviews/${interview}`, /^Kim/)
  await page.getByRole('button', { name: 'Erase the respondent' }).click()
  await look('erase')
})

test('an engine that answers with a problem, and one that does not answer', async () => {
  await page.route('**/api/dashboard/quality-alerts**', (route) =>
    route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      body: JSON.stringify({
        type: 'about:blank',
        title: 'Service Unavailable',
        status: 503,
        detail: 'the database does not answer',
      }),
    }),
  )
  await page.route('**/api/interviews/review-queue**', (route) => route.abort())
  await open(page, '', 'Home')
  await page.getByText('The database does not answer.').waitFor({ timeout: 20_000 })
  await page.getByText('The engine does not answer. Is it still running?').waitFor({ timeout: 20_000 })
  await look('home-failed')
  await page.unroute('**/api/dashboard/quality-alerts**')
  await page.unroute('**/api/interviews/review-queue**')
  await page.getByRole('button', { name: 'Try again' }).first().click()
})

test('somebody who may only read is offered nothing else', async () => {
  const other = await setting.visit()
  await other.page.goto('/console')
  await signIn(other.page, VIEWER)
  await other.page.getByText('(viewer)').waitFor()
  const offers = (name: string | RegExp): Promise<number> =>
    other.page
      .getByRole('main')
      .getByRole('button', { name })
      .or(other.page.getByRole('main').getByRole('link', { name }))
      .count()
  expect(await offers(/^(New study|Invite somebody)$/)).toBe(0)
  await open(other.page, `/interviews/${interview}`, /^Kim/)
  await other.page.getByText('Space plays and pauses').waitFor()
  expect(await offers(/^(Add|Add the note|Erase the respondent|Ask for a review|Cancel it|Open it now)$/)).toBe(0)
  await open(other.page, `/studies/${study}`, 'Tea or coffee')
  await other.page.locator('.source .cm-content').waitFor()
  expect(await offers(/^(Save…|Remove|Invite)$/)).toBe(0)
  await open(other.page, '/operations/alerts', 'Alerts')
  expect(await offers(/^(Keys|Users|Webhooks|Audit trail|Resolve: .*|Mark as seen: .*)$/)).toBe(0)
  await open(other.page, '/operations/keys', 'Keys')
  await other.page.getByText('Only admins see this. Your role is viewer.').waitFor()
  await clean(other)
  await other.end()
})

test('a long list has few rows in the document, and comes as one scrolls', async () => {
  await open(page, '/interviews', 'Interviews')
  await page.getByText('100 rows so far').waitFor()
  const rows = await page.locator('tbody tr[data-index]').count()
  expect(rows).toBeLessThan(60)
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))
  await page.getByText('200 rows so far').waitFor()
  figure(2, `of 200 fetched interviews, ${await page.locator('tbody tr[data-index]').count()} rows are in the document`)
})

test('pictures for the book, and nothing that the policy forbids', async () => {
  await clean(visit)
  if (process.env['PICTURES'] !== undefined) {
    for (const name of ['home', 'study', 'interview']) {
      copyFileSync(join(shots, `console-${name}-light.png`), join(root, `docs/console-${name}.png`))
    }
  }
  figure(2, `axe: nothing serious in ${seen} views, each in light, dark and 360 px wide`)
})
