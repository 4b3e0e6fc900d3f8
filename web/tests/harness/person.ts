/** Somebody who is interviewed: listens until it is their turn, and answers aloud. */

import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { speak } from './engine'
import type { Microphone } from './microphone'
import { type Sound, hum, readWav } from './wav'

export interface Answer {
  /** Of the interviewer's last words. */
  to: RegExp
  say: string
}

export class Person {
  /** What was said, in order. */
  readonly said: string[] = []
  private readonly sounds: Sound[]

  private constructor(
    private readonly page: Page,
    private readonly microphone: Microphone,
    private readonly answers: Answer[],
    sounds: Sound[],
  ) {
    this.sounds = sounds
  }

  /** With a voice of the engine's. */
  static speaking(page: Page, microphone: Microphone, answers: Answer[], voice = 'am_michael'): Person {
    const folder = speak(Object.fromEntries(answers.map((answer, index) => [`line${index}`, answer.say])), voice)
    return new Person(page, microphone, answers, answers.map((_, index) => readWav(join(folder, `line${index}.wav`))))
  }

  /** Hums whatever is asked: for engines with scripted ears. */
  static humming(page: Page, microphone: Microphone): Person {
    return new Person(page, microphone, [{ to: /./, say: '(hums)' }], [hum(0.8)])
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

  /** Answers those words; returns when the engine has taken notice. */
  async answer(words: string): Promise<void> {
    const index = this.answers.findIndex((answer) => answer.to.test(words))
    const [answer, sound] = [this.answers[index], this.sounds[index]]
    if (answer === undefined || sound === undefined) throw new Error(`nothing to say to “${words}”`)
    this.said.push(answer.say)
    await this.microphone.say(this.page, sound)
    await this.page
      .locator('.stage:not([data-mood="listening"]), [data-screen^="thanks-"]')
      .first()
      .waitFor({ timeout: 30_000 })
  }

  /** Answers until those words are the last; null: the conversation is over before. */
  async until(wanted: RegExp): Promise<string | null> {
    for (;;) {
      const words = await this.turn()
      if (words === null || wanted.test(words)) return words
      await this.answer(words)
    }
  }

  /** Answers whatever comes until it is over. */
  async toTheEnd(): Promise<void> {
    for (let words = await this.turn(); words !== null; words = await this.turn()) await this.answer(words)
  }
}
