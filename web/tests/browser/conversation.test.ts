/** What the conversation looks like in every state, and what can be done in it. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { Visit, mood, screen } from '../harness/browser'
import { inspect } from '../harness/inspect'
import { Person } from '../harness/person'
import { PEERS, Stage, holdAfter, leave, sent, start } from '../harness/stage'
import { hum, silence } from '../harness/wav'

let stage: Stage
beforeAll(async () => {
  stage = await Stage.set()
})
afterAll(async () => {
  await stage?.clear()
})

const begin = (script?: string): Promise<Visit> => Visit.begin(stage.browser, stage.engine.url, script)

test('while it begins: joining, and connecting when that takes long', async () => {
  const { url } = await stage.link()
  const visit = await begin()
  const { page } = visit
  let goesOn = (): void => undefined
  const waited = new Promise<void>((resolve) => (goesOn = resolve))
  // A network that lets HTTP through and nothing else: both sides have no address of the other's.
  const hidden = (description: string): string => description.replace(/^a=candidate:.*\r\n/gm, '')
  await page.route(/\/call/, async (route) => {
    if (route.request().method() !== 'POST') return route.continue()
    await waited
    const response = await route.fetch({ postData: hidden(route.request().postData() ?? '') })
    await route.fulfill({ response, body: hidden(await response.text()) })
  })
  await start(page, url)
  await screen(page, 'joining')
  await inspect(page, 'joining')
  goesOn()
  await mood(page, 'connecting')
  await inspect(page, 'conversation-connecting')
  await page.getByText('This takes longer than usual').waitFor({ timeout: 20_000 })
  await inspect(page, 'conversation-connecting-slow')
  await page.unroute(/\/call/)
  await mood(page, 'speaking')
  await leave(page)
  await screen(page, 'thanks-left')
  await visit.end()
})

test('while it speaks', async () => {
  const { url } = await stage.link()
  const visit = await begin()
  const { page } = visit
  await holdAfter(page, 'speaking')
  await start(page, url)
  await mood(page, 'speaking')
  await inspect(page, 'conversation-speaking')
  await visit.end()
})

test('while it thinks about an answer', async () => {
  const { url } = await stage.link()
  const visit = await begin()
  const { page } = visit
  const person = Person.humming(page, stage.microphone)
  await holdAfter(page, 'thinking')
  await start(page, url)
  await screen(page, 'conversation')
  await person.until(/What do you drink/)
  await stage.microphone.say(page, hum(0.8))
  await mood(page, 'thinking')
  await inspect(page, 'conversation-thinking')
  stage.microphone.hold(silence(1))
  await visit.end()
})

test('while it listens: a complaint, silence, and nothing that moves for those who want it still', async () => {
  const { url } = await stage.link()
  const visit = await begin()
  const { page } = visit
  let tell = (_: string): void => undefined
  await page.routeWebSocket(/\/events/, (socket) => {
    const server = socket.connectToServer()
    tell = (message) => server.send(message)
    let held = false
    server.onMessage((message) => {
      const told = JSON.parse(message.toString()) as { type: string; value?: string }
      if (!held || told.type === 'error') socket.send(message)
      held ||= told.value === 'listening'
    })
  })
  await start(page, url)
  await mood(page, 'listening')
  tell('{"type":"sing"}')
  await page.getByText('Not understood').waitFor()
  await inspect(page, 'conversation-complaint')
  await page.getByText('Your microphone picks up no sound at the moment.').waitFor({ timeout: 20_000 })
  await inspect(page, 'conversation-silent')

  await page.emulateMedia({ reducedMotion: 'reduce' })
  const still = await page.locator('.orb span').evaluateAll((parts) => {
    const shapes = (): string[] => parts.map((part) => getComputedStyle(part).transform)
    const before = shapes()
    parts[0]?.parentElement?.style.setProperty('--level', '1')
    const moves = parts.some((part) => getComputedStyle(part).animationName !== 'none')
    return !moves && before.join() === shapes().join()
  })
  expect(still).toBe(true)
  await visit.end()
})

test('another microphone in the middle of a call, one that is unplugged, and none that takes its place', async () => {
  const { url } = await stage.link()
  const visit = await begin(PEERS)
  const { page } = visit
  await start(page, url)
  await mood(page, 'speaking')
  const before = await sent(page)
  // What the interviewer says must not come back as an answer, and nobody should have to set a volume.
  expect(before.settings).toMatchObject({ echoCancellation: true, noiseSuppression: true, autoGainControl: true })
  await page.getByRole('button', { name: 'Sound', exact: true }).click()
  await page.getByRole('dialog').getByLabel('Microphone').selectOption({ label: 'Fake Audio Input 2' })
  await expect.poll(() => sent(page)).not.toEqual(before)
  const chosen = await sent(page)
  expect(chosen.device).not.toBe(before.device)
  expect(chosen.settings.echoCancellation).toBe(true)
  await inspect(page, 'sound-settings')
  await page.getByRole('button', { name: 'Done' }).click()

  // What the browser says when a device goes away.
  const unplug = (): Promise<void> =>
    page.evaluate(() => {
      const { peers } = window as unknown as { peers: RTCPeerConnection[] }
      const track = peers.at(-1)?.getSenders()[0]?.track
      track?.stop()
      track?.dispatchEvent(new Event('ended'))
    })
  await unplug()
  await expect.poll(async () => (await sent(page)).track).not.toBe(chosen.track)
  expect(await page.evaluate(() => (window as unknown as { peers: unknown[] }).peers.length)).toBe(1)

  await page.evaluate(() => {
    const devices = navigator.mediaDevices
    const real = devices.getUserMedia.bind(devices)
    const gone = (): Promise<MediaStream> => Promise.reject(new DOMException('', 'NotFoundError'))
    Object.assign(window, { plugIn: () => Object.assign(devices, { getUserMedia: real }) })
    Object.assign(devices, { getUserMedia: gone })
  })
  const last = await sent(page)
  await unplug()
  await page.getByRole('heading', { name: 'No microphone was found' }).waitFor()
  await inspect(page, 'conversation-unplugged')
  await page.evaluate(() => (window as unknown as { plugIn(): void }).plugIn())
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect.poll(async () => (await sent(page)).track).not.toBe(last.track)
  await leave(page)
  await screen(page, 'thanks-left')
  expect(visit.errors).toEqual([])
  await visit.end()
})

interface Kept {
  status: string
  can_be_recorded: boolean
  conversation_state: { recording_withdrawn?: string; recording_kept?: boolean }
}

for (const keep of [true, false]) {
  const what = keep ? 'what was recorded before stays' : 'what was recorded before goes'
  test(`recording is stopped by clicking: ${what}, and the interview goes on`, { timeout: 60_000 }, async () => {
    const { id, url } = await stage.link()
    const visit = await begin()
    const { page } = visit
    // What was said in the call before must not sound into this one.
    stage.microphone.hold(silence(1))
    const person = Person.humming(page, stage.microphone)
    await start(page, url)
    await screen(page, 'conversation')
    const button = page.getByRole('button', { name: 'Stop recording' })
    const words = await person.until(/What do you drink/)
    await button.click()
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    if (keep) {
      await inspect(page, 'stop-recording')
      await dialog.getByRole('button', { name: 'Continue recording' }).click()
      await dialog.waitFor({ state: 'detached' })
      await button.click()
    }
    await dialog.getByRole('button', { name: keep ? 'Stop and keep it' : 'Stop and delete it' }).click()
    await dialog.waitFor({ state: 'detached' })
    // There is nothing left to stop.
    await button.waitFor({ state: 'detached' })
    const state = { recording_withdrawn: 'page', recording_kept: keep }
    const interview = (): Promise<Kept> => stage.engine.get<Kept>(`/api/interviews/${id}`)
    await expect.poll(interview).toMatchObject({ status: 'in_progress', can_be_recorded: false, conversation_state: state })

    await person.answer(words ?? '')
    await person.toTheEnd()
    await screen(page, 'thanks-completed')
    if (keep) await inspect(page, 'thanks-completed-partly-recorded')
    const said = keep ? 'What was recorded before you stopped the recording is kept' : 'No recording of your voice was kept.'
    expect(await page.locator('main').innerText()).toContain(said)
    expect(await interview()).toMatchObject({ status: 'completed', can_be_recorded: false, conversation_state: state })
    const recording = await fetch(`${stage.engine.url}/api/interviews/${id}/recording`)
    expect(recording.status).toBe(keep ? 200 : 404)
    expect(visit.errors).toEqual([])
    await visit.end()
  })
}

test('a browser that lets nothing sound without a click', async () => {
  const { url } = await stage.link()
  const visit = await begin(`
    const play = HTMLMediaElement.prototype.play
    window.refusing = true
    HTMLMediaElement.prototype.play = function () {
      return window.refusing ? Promise.reject(new DOMException('', 'NotAllowedError')) : play.call(this)
    }`)
  const { page } = visit
  await start(page, url)
  const button = page.getByRole('button', { name: 'Turn the sound on' })
  await button.waitFor()
  await inspect(page, 'conversation-muted-page')
  await page.evaluate(() => Object.assign(window, { refusing: false }))
  await button.click()
  await button.waitFor({ state: 'detached' })
  await leave(page)
  await screen(page, 'thanks-left')
  await visit.end()
})

test('the keyboard is enough, and leaving is asked once', async () => {
  const { url } = await stage.link()
  const visit = await begin()
  const { page } = visit
  const press = async (name: string): Promise<void> => {
    for (let steps = 0; steps < 30; steps += 1) {
      const focused = await page.evaluate(() => document.activeElement?.textContent ?? '')
      if (focused === name) return page.keyboard.press('Enter')
      await page.keyboard.press('Tab')
    }
    throw new Error(`Tab never came to ${name}`)
  }
  await page.goto(url)
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
