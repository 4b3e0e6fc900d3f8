/**
 * Returns the pause before the next attempt in ms: it doubles, is bounded, and is randomised, so
 * that many pages do not return at once.
 */
export function backoff(attempt: number, firstMs: number, mostMs: number, random: () => number = Math.random): number {
  const whole = Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 16))
  return Math.round(whole * (0.8 + 0.4 * random()))
}
