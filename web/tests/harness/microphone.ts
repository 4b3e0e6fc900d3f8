/**
 * The microphone of a browser: Chromium's fake device, fed from a WAV file. The whole way is the browser's own: permission,
 * constraints (echo cancellation, noise suppression, gain), device, codec and network.
 *
 * Chromium reads the file when a device is opened, from its beginning. So to say something the file is written anew, and
 * the person takes up the other microphone in "Sound", as one does with a headset.
 */

import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { type Sound, duration, padded, silence, writeWav } from './wav'

/** Until the device is open and its sound is sent. */
const LEAD_SECONDS = 0.6
/** The last thing that Chromium reads from a file goes on sounding: it has to be silence. */
const TAIL_SECONDS = 1

export class Microphone {
  readonly path = join(mkdtempSync(join(tmpdir(), 'interviewer-microphone-')), 'microphone.wav')

  constructor() {
    this.hold(silence(1))
  }

  /** What is heard from the next opening on; milliseconds after which it is over. */
  hold(sound: Sound): number {
    writeWav(this.path, padded(sound, LEAD_SECONDS, TAIL_SECONDS))
    return LEAD_SECONDS * 1000 + duration(sound)
  }

  /** Says it into a call. Returns when it is said; with `cut` already so many milliseconds after its beginning. */
  async say(page: Page, sound: Sound, cut = duration(sound)): Promise<void> {
    this.hold(sound)
    await page.getByRole('button', { name: 'Sound', exact: true }).click()
    const list = page.getByRole('dialog').getByLabel('Microphone')
    const now = await list.inputValue()
    const all = await list.locator('option').evaluateAll((options) => options.map((option) => option.getAttribute('value')))
    const other = all.find((id) => id !== null && id !== 'default' && id !== now)
    if (other === undefined || other === null) throw new Error('there is no other microphone')
    await list.selectOption(other)
    // The list shows the device that is in use.
    await page.waitForFunction(
      (id) => document.querySelector<HTMLSelectElement>('dialog select')?.value === id,
      other,
    )
    const begun = Date.now()
    await page.getByRole('button', { name: 'Done' }).click()
    await new Promise((resolve) => setTimeout(resolve, begun + LEAD_SECONDS * 1000 + cut - Date.now()))
  }
}
