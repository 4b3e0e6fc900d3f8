/** Loudness: from samples to what a meter shows, and whether a microphone hears anything at all. Pure. */

/** The quietest that is shown. */
export const FLOOR_DB = -60
/** Speech into any working microphone is louder than this now and then; the noise of most is not. */
export const AUDIBLE_DB = -45

export function decibels(samples: Float32Array): number {
  if (samples.length === 0) return Number.NEGATIVE_INFINITY
  let sum = 0
  for (const sample of samples) sum += sample * sample
  return 10 * Math.log10(sum / samples.length)
}

/** Where the needle stands, 0…1. */
export function needle(db: number): number {
  if (!(db > FLOOR_DB)) return 0
  return Math.min(1, (db - FLOOR_DB) / -FLOOR_DB)
}

/** Up at once, down slowly: a needle that can be watched. */
export function follow(shown: number, wanted: number, elapsedMs: number): number {
  const halfLife = wanted > shown ? 25 : 140
  return wanted + (shown - wanted) * 0.5 ** (elapsedMs / halfLife)
}

export type Hearing = 'unknown' | 'heard' | 'silent'

/** Has anything been heard lately? */
export class Ear {
  private since: number | null = null
  private heardAt: number | null = null

  constructor(private readonly patienceMs: number) {}

  listen(db: number, at: number): Hearing {
    this.since ??= at
    if (db > AUDIBLE_DB) this.heardAt = at
    if (this.heardAt !== null && at - this.heardAt <= this.patienceMs) return 'heard'
    if (at - (this.heardAt ?? this.since) > this.patienceMs) return 'silent'
    return 'unknown'
  }
}
