/**
 * Somebody who is interviewed: listens until it is their turn, and answers aloud.
 *
 * Their microphone is a stream of the page's own audio graph into which WAV files are played. That is the only thing
 * replaced: permission, peer connection, codec and network are the browser's.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { speak } from './engine'

/** Runs in the page before its own code. */
export const VOICE = `
(() => {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
  let context, mouth
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    // Asked for as ever, so that a refusal is one.
    const device = await real(wanted)
    for (const track of device.getTracks()) track.stop()
    context ??= new AudioContext()
    await context.resume()
    mouth ??= context.createMediaStreamDestination()
    return mouth.stream.clone()
  }
  window.say = async (wav) => {
    const bytes = Uint8Array.from(atob(wav), (letter) => letter.charCodeAt(0))
    const source = context.createBufferSource()
    source.buffer = await context.decodeAudioData(bytes.buffer)
    source.connect(mouth)
    const over = new Promise((done) => { source.onended = done })
    source.start()
    await over
  }
})()`

export interface Answer {
  /** Of the interviewer's last words. */
  to: RegExp
  say: string
}

export class Person {
  private readonly wavs: string[]
  /** What was said, in order. */
  readonly said: string[] = []

  constructor(
    private readonly page: Page,
    private readonly answers: Answer[],
    voice = 'am_michael',
  ) {
    const lines = Object.fromEntries(answers.map((answer, index) => [`line${index}`, answer.say]))
    const folder = speak(lines, voice)
    this.wavs = answers.map((_, index) => readFileSync(join(folder, `line${index}.wav`)).toString('base64'))
  }

  /** The interviewer's last words, once it is our turn; null when the conversation is over. */
  async turn(timeout = 60_000): Promise<string | null> {
    const { page } = this
    await page.waitForFunction(
      () =>
        document.querySelector('[data-screen^="thanks-"]') !== null ||
        (document.querySelector('.stage[data-mood="listening"]') !== null &&
          document.querySelector('.captions p:last-child.interviewer[data-final="true"]') !== null),
      undefined,
      { timeout },
    )
    if ((await page.locator('[data-screen^="thanks-"]').count()) > 0) return null
    const words = await page.locator('.captions p.interviewer').last().innerText()
    return words.replace(/^Interviewer\s*/, '').trim()
  }

  /** Answers those words. */
  async answer(words: string): Promise<void> {
    const index = this.answers.findIndex((answer) => answer.to.test(words))
    const [answer, wav] = [this.answers[index], this.wavs[index]]
    if (answer === undefined || wav === undefined) throw new Error(`nothing to say to “${words}”`)
    this.said.push(answer.say)
    await this.page.evaluate((sound) => (window as unknown as { say(wav: string): Promise<void> }).say(sound), wav)
    // Our turn is over when the engine has taken notice.
    await this.page
      .locator('.stage:not([data-mood="listening"]), [data-screen^="thanks-"]')
      .first()
      .waitFor({ timeout: 30_000 })
  }
}
