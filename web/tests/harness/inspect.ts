/** What must hold of every state of the page: accessible in light and dark, on a phone as well; and a picture of it. */

import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { root } from './engine'
import type { State } from './states'

export const shots = join(root, 'web/screenshots')
/** The states that were inspected, a line each; `scripts/checks/browser` begins with an empty folder. */
export const inspected = join(shots, 'inspected.txt')

interface Violation {
  id: string
  impact?: string | null
  nodes: { html: string; failureSummary?: string }[]
}

async function violations(page: Page): Promise<string[]> {
  // Evaluated, not inserted: the page's own policy lets no foreign script in, and should not.
  await page.evaluate(axe.source)
  const found = await page.evaluate(async () => {
    const { axe: tool } = window as unknown as { axe: typeof axe }
    const result = await tool.run(document, { resultTypes: ['violations'] })
    return result.violations as unknown as Violation[]
  })
  return found
    .filter((violation) => violation.impact === 'serious' || violation.impact === 'critical')
    .map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(' | ')}`)
}

export async function inspect(page: Page, name: State): Promise<void> {
  await examine(page, name)
  appendFileSync(inspected, `${name}\n`)
}

/** The same for what is no state of the call page or the start page. */
export async function examine(page: Page, name: string): Promise<void> {
  mkdirSync(shots, { recursive: true })
  const size = page.viewportSize()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await violations(page), `${name}, ${colorScheme}`).toEqual([])
    await page.screenshot({ path: join(shots, `${name}-${colorScheme}.png`), animations: 'disabled' })
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 360, height: 740 })
  expect(await violations(page), `${name}, on a phone`).toEqual([])
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  expect(overflow, `${name} is wider than a phone by`).toBeLessThanOrEqual(0)
  await page.screenshot({ path: join(shots, `${name}-phone.png`), animations: 'disabled', fullPage: true })
  if (size !== null) await page.setViewportSize(size)
}
