/**
 * Loudness: the meter's value for a level, and the decision whether a microphone picks up anything
 * at all. Pure.
 */

/** The lowest level shown, in dBFS. */
export const FLOOR_DB = -60
/**
 * A level in dBFS that speech into a working microphone exceeds now and then, and that most noise
 * does not.
 */
export const AUDIBLE_DB = -45

export function decibels(samples: Float32Array): number {
  if (samples.length === 0) return Number.NEGATIVE_INFINITY
  let sum = 0
  for (const sample of samples) sum += sample * sample
  return 10 * Math.log10(sum / samples.length)
}

/** Returns the meter's value for a level, from 0 to 1. */
export function needle(db: number): number {
  if (!(db > FLOOR_DB)) return 0
  return Math.min(1, (db - FLOOR_DB) / -FLOOR_DB)
}

/**
 * Returns the value to show next. It rises at once and falls slowly, so that the eye can follow.
 */
export function follow(shown: number, wanted: number, elapsedMs: number): number {
  const halfLife = wanted > shown ? 25 : 140
  return wanted + (shown - wanted) * 0.5 ** (elapsedMs / halfLife)
}

export type Hearing = 'unknown' | 'heard' | 'silent'

/** Decides whether anything was heard recently. */
export class SoundMonitor {
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
