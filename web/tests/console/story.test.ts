/**
 * The story of a study, by clicking and typing only: sign in, write a study and mend what is doubtful in it, invite, hold
 * an interview, read and hear it, tag, review, erase, and look after the engine.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Visit, screen } from '../harness/browser'
import { figure, seconds } from '../harness/figures'
import { shots } from '../harness/inspect'
import { Person } from '../harness/person'
import { start } from '../harness/stage'
import { ADMIN, HOSTILE, PASSWORD, Setting, clean, open, signIn } from './setting'

let setting: Setting
let visit: Visit
let page: Page
const began = Date.now()

beforeAll(async () => {
  setting = await Setting.make()
  visit = await setting.visit()
  page = visit.page
})
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await page.screenshot({ path: join(shots, 'console-failed.png'), fullPage: true })
})
afterAll(async () => {
  await visit?.end()
  await setting?.clear()
})

const button = (name: string | RegExp, exact = true): Locator => page.getByRole('button', { name, exact })
const heading = (name: string | RegExp): Locator => page.getByRole('heading', { name })
const editor = (): Locator => page.getByRole('textbox', { name: 'Guide, as YAML' })

test('somebody signs in, and is where they wanted to be', async () => {
  await page.goto('/console/interviews?status=no_show')
  await screen(page, 'sign-in')
  await page.getByLabel('E-mail').fill(ADMIN)
  await page.getByLabel('Password').fill('not the password')
  await page.getByLabel('Password').press('Enter')
  await page.getByRole('alert').getByText('The user is unknown or the password is wrong.').waitFor()
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByLabel('Password').press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Interviews' }).waitFor()
  expect(await page.getByLabel('Status').inputValue()).toBe('no_show')
  await page.getByRole('region', { name: 'Interviews' }).waitFor()
  expect(await page.locator('tbody .badge:not(.warn)').count()).toBe(0)
})

let study = ''

test('a study is written, and what is doubtful in it is mended', async () => {
  await page.getByRole('link', { name: 'Studies' }).click()
  await page.getByRole('link', { name: 'New study' }).click()
  await button('Begin with an empty study').click()
  await page.getByLabel('Title').fill(`Trains ${HOSTILE}`)
  await page.getByLabel('Question 1.1', { exact: true }).fill('Do you not agree that trains are late?')
  const remark = page.getByRole('region', { name: 'Check' }).getByText('leading-question')
  await remark.waitFor()
  // The finding stands in the margin of its line as well.
  await page.locator('.source .cm-lint-marker-warning').first().waitFor()
  await button(/^Line \d+$/)
    .first()
    .click()
  expect(await editor().evaluate((element) => (element.getRootNode() as ShadowRoot).activeElement === element)).toBe(
    true,
  )
  await page.getByLabel('Question 1.1', { exact: true }).fill('How often do you take a train?')
  await remark.waitFor({ state: 'detached' })

  // The outline and the text are one.
  await button('Add a question').click()
  await page.getByLabel('Question 1.2', { exact: true }).fill('What would you change about trains?')
  await page.getByLabel('Question 1.2', { exact: true }).press('Alt+ArrowUp')
  await expect
    .poll(() => page.getByLabel('Question 1.1', { exact: true }).inputValue())
    .toMatch(/^What would you change/)
  await expect.poll(() => editor().innerText()).toMatch(/What would you change[\s\S]*How often/)
  await button('Undo').click()
  await expect.poll(() => page.getByLabel('Question 1.1', { exact: true }).inputValue()).toMatch(/^How often/)

  // A fault in the text is said at its line, and cannot be saved.
  await editor().press('Control+End')
  await page.keyboard.insertText('max_duration_minutes: soon\n')
  await page.getByText(/fault has to be mended before it can be saved/).waitFor()
  expect(await button('Save the study').isDisabled()).toBe(true)
  await button('Undo').click()
  await page.getByText(/It can be saved|nothing is doubtful/).waitFor()

  // Nothing is lost when the page is closed.
  await page.getByText('Kept in this browser').waitFor()
  await page.reload()
  await page.getByText('This is what you were writing').waitFor()
  await button('Save the study').click()
  await page.getByRole('heading', { level: 1, name: `Trains ${HOSTILE}` }).waitFor()
  await page.waitForURL(/\/console\/studies\/[0-9a-f-]{36}$/)
  study = page.url().split('/').at(-1) ?? ''
  expect(await page.locator('h1 img, h1 b').count(), 'the title is text').toBe(0)
})

test('two people change a study: the second is told, and nothing is lost', async () => {
  const { name } = await setting.engine.get<{ name: string }>(`/api/call-guides/${study}`)
  await page.getByLabel('Question 1.1', { exact: true }).fill('How often do you take a train in a week?')
  const theirs = JSON.stringify({
    name,
    research_objective: 'Somebody else has changed the objective.',
    sections: [
      { section_name: 'First section', questions: [{ text: 'How often do you take a train?', required: true }] },
    ],
  })
  await setting.engine.post(`/api/call-guides/${study}`, theirs, 'application/json', 'PUT')
  await button('Save…').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('How often do you take a train in a week?').waitFor()
  await dialog.getByRole('button', { name: 'Save', exact: true }).click()
  await dialog.getByRole('heading', { name: 'Somebody else has saved this study' }).waitFor()
  await dialog.getByText('Somebody else has changed the objective.').waitFor()
  await dialog.getByRole('button', { name: 'Go on with mine' }).click()
  expect(await page.getByLabel('Question 1.1', { exact: true }).inputValue()).toBe(
    'How often do you take a train in a week?',
  )
  await button('Save…').click()
  await dialog.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText(/^Saved as version \d+\.$/).waitFor()
  const saved = await setting.engine.get<{ sections: { questions: { text: string }[] }[] }>(`/api/call-guides/${study}`)
  expect(saved.sections[0]?.questions.map((question) => question.text)).toContain(
    'How often do you take a train in a week?',
  )
})

test('people are invited from a list, which is checked before anything is made', async () => {
  await page.getByRole('main').getByRole('link', { name: 'Invite', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Invite' }).waitFor()
  expect(await page.getByLabel('Study').inputValue()).toBe(study)
  await page.getByRole('tab', { name: 'A list of people' }).click()
  const list = [
    'name,email,time',
    `"${HOSTILE.replaceAll('"', '""')}",ann@example.org,2035-01-31 09:00`,
    'Bob,bob@,',
    '=SUM(1),cem@example.org,',
  ].join('\n')
  await page
    .getByLabel('A file of people (CSV)')
    .setInputFiles({ name: 'p.csv', mimeType: 'text/csv', buffer: Buffer.from(list) })
  await page.getByText('“bob@” is not an e-mail address.').waitFor()
  const before = await setting.engine.get<{ items: unknown[] }>(`/api/interviews/?call_guide_id=${study}`)
  expect(before.items.length, 'nothing is made before').toBe(0)
  await button('Make 2 links').click()
  await page.getByText('2 links were made.').waitFor()
  const [file] = await Promise.all([page.waitForEvent('download'), button('Download the links').click()])
  const text = readFileSync(await file.path(), 'utf8')
  expect(text.match(/http:\/\/calls\.example\.org\/join\/[\w-]{20,}/g)?.length).toBe(2)
  expect(text).toContain("'=SUM(1)")
  const invited = page.getByRole('region', { name: 'Invitations' })
  await invited.getByText(HOSTILE).waitFor()
  expect(await page.locator('td img, td b').count(), 'names are text').toBe(0)
})

let interview = ''

test('an interview is held, read and heard, from any sentence on', { timeout: 120_000 }, async () => {
  const { id, join_token } = await setting.engine.schedule(study, `Kim ${HOSTILE}`)
  interview = id
  const call = await setting.visit()
  const person = Person.humming(call.page, setting.microphone)
  await start(call.page, `/join/${join_token}`)
  await screen(call.page, 'conversation')
  await person.toTheEnd()
  await call.end()

  await open(page, `/interviews?guide=${study}`, 'Interviews')
  const at = Date.now()
  await page.getByRole('link', { name: /^Kim/ }).click()
  await page.getByRole('heading', { level: 1, name: `Kim ${HOSTILE}` }).waitFor()
  await button('Play').waitFor()
  figure(1, `the interview's page is usable after ${seconds(Date.now() - at)}`)
  const turns = page.locator('.transcript .turn')
  expect(await turns.count()).toBeGreaterThan(3)
  expect(await page.locator('.transcript img, .transcript b').count()).toBe(0)

  const heard = (): Promise<number> => page.locator('audio').evaluate((audio: HTMLAudioElement) => audio.currentTime)
  const third = turns.nth(2)
  const label = (await third.getByRole('button').getAttribute('aria-label')) ?? ''
  await third.locator('.said').click()
  await expect.poll(() => third.getAttribute('aria-current')).toBe('true')
  expect(await heard()).toBeGreaterThan(1)
  expect(label).toMatch(/^Play (interviewer|respondent) from \d+:\d\d$/)
  const word = page.locator('.turn.respondent .word').first()
  await word.click()
  await expect
    .poll(() => word.evaluate((element) => element.closest('.turn')?.getAttribute('aria-current')))
    .toBe('true')

  // By keyboard alone.
  await page.getByRole('heading', { level: 1 }).focus()
  await page.keyboard.press('Space')
  await button('Play').waitFor()
  const before = await heard()
  await page.keyboard.press('ArrowLeft')
  await expect.poll(heard).toBeLessThan(before)
  await page.keyboard.press('ArrowDown')
  await button('Pause').waitFor()
  await page.keyboard.press('Space')
  await page.getByLabel('Speed').selectOption('1.5')
  await button('Play').click()
  expect(await page.locator('audio').evaluate((audio: HTMLAudioElement) => audio.playbackRate)).toBe(1.5)
  await button('Pause').click()

  await page.getByRole('tab', { name: /^Answers/ }).click()
  await page.getByRole('heading', { name: 'How often do you take a train in a week?' }).first().waitFor()
})

test('it is tagged, noted and reviewed; when the session ends meanwhile, nothing typed is lost', async () => {
  await page.getByLabel('Add a tag').fill(HOSTILE)
  await button('Add').click()
  await button(`Remove the tag ${HOSTILE}`).waitFor()
  expect(await page.locator('.tag img, .tag b').count()).toBe(0)

  await page.getByLabel('Add a note').fill('Worth a second look.')
  await visit.context.clearCookies()
  await button('Add the note').click()
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' })
  await dialog.waitFor()
  expect(await dialog.getByLabel('E-mail').inputValue()).toBe(ADMIN)
  await dialog.getByLabel('Password').fill(PASSWORD)
  await dialog.getByLabel('Password').press('Enter')
  await dialog.waitFor({ state: 'detached' })
  await page.locator('.side').getByText('Worth a second look.').waitFor()

  await button('Ask for a review').click()
  await page.getByRole('dialog').getByLabel('Why should somebody look at it?').fill('The answers are short.')
  await page.getByRole('dialog').getByRole('button', { name: 'Ask for a review' }).click()
  await page.getByText('Waits for a review').waitFor()
  await page.getByLabel('It can be used as it is').check()
  await page.getByLabel('Note', { exact: true }).fill('Short, but to the point.')
  await button('Close the review').click()
  await page.getByText('Nobody needs to look at this interview.').waitFor()
  await page.locator('.side').getByText('Short, but to the point.').waitFor()
})

test('somebody is erased, after it was typed that they are to be', async () => {
  await button('Erase the respondent').click()
  const dialog = page.getByRole('dialog')
  const erase = dialog.getByRole('button', { name: 'Erase for good' })
  expect(await erase.isDisabled()).toBe(true)
  await dialog.getByLabel(/^Type “erase”/).fill('erase')
  await dialog.getByLabel(/^Type “erase”/).press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Erased respondent' }).waitFor()
  await page.getByRole('heading', { name: 'Erased', exact: true }).waitFor()
  expect(await page.getByText('Kim').count()).toBe(0)
  const row = await setting.engine.get<{ respondent_name: string | null }>(`/api/interviews/${interview}`)
  expect(row.respondent_name).toBeNull()
})

test('findings are shown, and a report is made', async () => {
  await page.getByRole('link', { name: 'Findings' }).click()
  await heading('What the answers are about').waitFor()
  await page.locator('.chart canvas').waitFor()
  await page.getByRole('main').getByRole('link', { name: 'Reports' }).click()
  await page.getByRole('form', { name: 'Make a report' }).waitFor()
  await button('Make the report').click()
  await page
    .getByText(/The report (waits|is being made)|It is in the list/)
    .first()
    .waitFor()
})

test('keys are made and withdrawn, and a key is shown once', async () => {
  await page.getByRole('link', { name: 'Operations' }).click()
  await page.getByRole('heading', { level: 1, name: 'Alerts' }).waitFor()
  await page.getByRole('link', { name: 'Keys' }).click()
  await button('Make a key').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('What is it for?').fill('Exports')
  await dialog.getByRole('button', { name: 'Make the key' }).click()
  await dialog.getByRole('heading', { name: 'The key Exports' }).waitFor()
  const key = await dialog.getByLabel('Key', { exact: true }).inputValue()
  expect(key).toMatch(/^ei_/)
  await page.keyboard.press('Escape')
  await dialog.getByRole('button', { name: 'I have kept it' }).click()
  expect((await page.content()).includes(key)).toBe(false)
  await button('Withdraw Exports').click()
  await dialog.getByRole('button', { name: 'Withdraw the key' }).click()
  await page.getByRole('cell', { name: 'Withdrawn' }).waitFor()
})

test('a webhook is made, and faults are said at their fields', async () => {
  await page.getByRole('link', { name: 'Webhooks' }).click()
  await button('Make a webhook').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('What is it for?').fill('Results')
  await dialog.getByLabel('Address').fill('http://127.0.0.1/hook')
  await dialog.getByLabel('An interview was held to its end').check()
  await dialog.getByRole('button', { name: 'Make the webhook' }).click()
  const address = dialog.getByLabel('Address')
  await expect.poll(() => address.getAttribute('aria-invalid')).toBe('true')
  await address.fill('https://example.org/hook')
  await dialog.getByRole('button', { name: 'Make the webhook' }).click()
  await dialog.getByRole('heading', { name: 'The secret of Results' }).waitFor()
  await dialog.getByRole('button', { name: 'I have kept it' }).click()
  await page.getByRole('heading', { level: 1, name: 'Results' }).waitFor()
  await page.getByText('Nothing was delivered yet.').waitFor()
})

test('the audit trail says who did all this', async () => {
  await open(page, '/operations/audit?entity=webhook', 'Audit trail')
  await page
    .getByRole('cell', { name: /^webhook\./ })
    .first()
    .waitFor()
  await open(page, '/operations/tasks', 'Background tasks')
  await page.getByRole('region', { name: 'Background tasks' }).waitFor()
})

test('somebody signs out, and nothing went wrong', async () => {
  await clean(visit)
  await button('Sign out').click()
  await screen(page, 'sign-in')
  await signIn(page)
  await page.getByRole('heading', { level: 1, name: 'Background tasks' }).waitFor()
  figure(1, `the story took ${seconds(Date.now() - began)}, the policy had nothing to forbid`)
})
