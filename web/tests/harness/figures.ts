/** What a check has measured, for the summary at its end: a line each in the file that FIGURES names. */

import { appendFileSync } from 'node:fs'

/** `line`: which of the six things that must hold. */
export function figure(line: number, text: string): void {
  const path = process.env['FIGURES']
  if (path !== undefined) appendFileSync(path, `${line} ${text}\n`)
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
