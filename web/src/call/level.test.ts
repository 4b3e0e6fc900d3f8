import { describe, expect, test } from 'vitest'
import { AUDIBLE_DB, SoundMonitor, FLOOR_DB, decibels, follow, needle } from './level'

function sine(amplitude: number): Float32Array {
  return Float32Array.from({ length: 4800 }, (_, n) => amplitude * Math.sin((2 * Math.PI * n * 440) / 48_000))
}

describe('loudness', () => {
  test('a full sine is 3 dB below full scale, and a tenth of it 20 dB less', () => {
    expect(decibels(sine(1))).toBeCloseTo(-3.01, 2)
    expect(decibels(sine(0.1))).toBeCloseTo(-23.01, 2)
  })

  test('silence is below everything and shows nothing', () => {
    expect(decibels(new Float32Array(512))).toBe(Number.NEGATIVE_INFINITY)
    expect(decibels(new Float32Array(0))).toBe(Number.NEGATIVE_INFINITY)
    expect(needle(Number.NEGATIVE_INFINITY)).toBe(0)
    expect(needle(Number.NaN)).toBe(0)
  })

  test('the needle goes from the floor to full scale', () => {
    expect([needle(FLOOR_DB), needle(FLOOR_DB / 2), needle(0), needle(6)]).toEqual([0, 0.5, 1, 1])
  })

  test('the needle rises faster than it falls, and arrives', () => {
    expect(follow(0, 1, 50)).toBeGreaterThan(1 - follow(1, 0, 50))
    expect(follow(0, 1, 10_000)).toBeCloseTo(1)
  })
})

describe('hearing', () => {
  test('a microphone that only hums is silent, after some patience', () => {
    const monitor = new SoundMonitor(6_000)
    expect(monitor.listen(AUDIBLE_DB - 10, 0)).toBe('unknown')
    expect(monitor.listen(AUDIBLE_DB - 10, 5_900)).toBe('unknown')
    expect(monitor.listen(AUDIBLE_DB - 10, 6_100)).toBe('silent')
    expect(monitor.listen(AUDIBLE_DB + 10, 6_200)).toBe('heard')
  })

  test('what was heard is remembered for the length of a pause', () => {
    const monitor = new SoundMonitor(6_000)
    monitor.listen(-20, 0)
    expect(monitor.listen(Number.NEGATIVE_INFINITY, 3_000)).toBe('heard')
    expect(monitor.listen(Number.NEGATIVE_INFINITY, 6_100)).toBe('silent')
  })
})
