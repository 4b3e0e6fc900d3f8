/** The report of an interview as somebody has it who was sent the file: opened from disk, without the engine. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { expect } from 'vitest'
import type { Engine } from './engine'
import { figure } from './figures'
import { inspect } from './inspect'

interface Quote {
  quote: string
  response_id: string
  start_ms: number
  end_ms: number
}

interface Report {
  id: string
  notable_quotes: Quote[]
  key_findings: { evidence: Quote[] }[]
  dropped_quotes: Record<string, number>
}

/** The report that is made when the interview has completed. */
async function made(engine: Engine, interview: string): Promise<Report> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const response = await fetch(`${engine.url}/api/analytics/insights/${interview}`)
    if (response.ok) return (await response.json()) as Report
    if (Date.now() > deadline) throw new Error(`no insights: ${response.status} ${await response.text()}`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

/** Every quote is in the response that it names; one of them is heard from the downloaded page. */
export async function hearReport(browser: Browser, engine: Engine, interview: string): Promise<void> {
  const report = await made(engine, interview)
  const quotes = [...report.notable_quotes, ...report.key_findings.flatMap((finding) => finding.evidence)]
  const { items } = await engine.get<{ items: { id: string; response_text: string }[] }>(
    `/api/interviews/${interview}/responses`,
  )
  const texts = new Map(items.map((item) => [item.id, item.response_text]))
  const verbatim = quotes.filter((quote) => texts.get(quote.response_id)?.includes(quote.quote) === true)
  expect(verbatim.length).toBe(quotes.length)
  expect(quotes.length).toBeGreaterThan(2)

  const folder = mkdtempSync(join(tmpdir(), 'interviewer-report-'))
  const file = join(folder, 'report.html')
  const page = await fetch(`${engine.url}/api/analytics/insights/${report.id}?format=html&download=true`)
  writeFileSync(file, await page.text())
  await openReport(browser, file, quotes)
  rmSync(folder, { recursive: true })
  figure(1, `${verbatim.length} of ${quotes.length} quotes are verbatim in their responses`)
}

/** The file from disk: nothing is fetched, and a quote's sound plays. */
export async function openReport(browser: Browser, file: string, quotes: Quote[]): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, offline: true })
  const page = await context.newPage()
  const fetched: string[] = []
  const errors: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) fetched.push(request.url())
  })
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  await page.goto(pathToFileURL(file).href)
  const [quote] = quotes
  if (quote === undefined) throw new Error('there is no quote')
  const figureOf = page.locator(`figure[data-start="${quote.start_ms}"][data-end="${quote.end_ms}"]`).first()
  expect(await figureOf.locator('blockquote').innerText()).toContain(quote.quote)
  const audio = figureOf.locator('audio')
  const heard = await audio.evaluate(async (element) => {
    const player = element as HTMLAudioElement
    player.muted = true
    await player.play()
    await new Promise<void>((advanced, failed) => {
      const limit = setTimeout(() => failed(new Error(`still at ${player.currentTime} s`)), 10_000)
      player.addEventListener('timeupdate', () => {
        if (player.currentTime < 0.2) return
        clearTimeout(limit)
        advanced()
      })
    })
    player.pause()
    return { at: player.currentTime, length: player.duration }
  })
  expect(heard.at).toBeGreaterThanOrEqual(0.2)
  // What is heard around the words is 0.4 s in all.
  expect(heard.length * 1_000).toBeGreaterThan(quote.end_ms - quote.start_ms)
  expect(heard.length * 1_000).toBeLessThan(quote.end_ms - quote.start_ms + 600)
  await inspect(page, 'report')
  expect(fetched, 'beside the file itself').toEqual([pathToFileURL(file).href])
  expect(errors).toEqual([])
  figure(1, `the report from disk plays a quote: ${heard.at.toFixed(2)} of ${heard.length.toFixed(2)} s`)
  await context.close()
}
