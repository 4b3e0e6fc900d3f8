/** How long to wait before trying again: doubling, bounded, and spread so that many pages do not come at once. */
export function backoff(attempt: number, firstMs: number, mostMs: number, random: () => number = Math.random): number {
  const whole = Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 16))
  return Math.round(whole * (0.8 + 0.4 * random()))
}
