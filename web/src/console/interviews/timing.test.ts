import { expect, test } from 'vitest'
import type { Turn } from './queries'
import { neighbour, placeAt } from './timing'

function turn(start: number, end: number, words: [start: number, end: number][] = []): Turn {
  return {
    seq: start,
    speaker: words.length > 0 ? 'respondent' : 'interviewer',
    text: 'text',
    start_ms: start,
    end_ms: end,
    words: words.map(([start_ms, end_ms]) => ({ text: 'word', start_ms, end_ms, confidence: 1 })),
  }
}

const TURNS = [
  turn(0, 3000),
  turn(4000, 6000, [
    [4000, 4300],
    [4400, 4700],
    [5500, 6000],
  ]),
  // The interviewer begins while the respondent still speaks.
  turn(5800, 7000),
  turn(9000, 9500, [[9000, 9500]]),
]

test('a moment is found in the turn and the word that are heard then', () => {
  expect(placeAt(TURNS, 0)).toEqual({ turn: 0, word: -1 })
  expect(placeAt(TURNS, 4000)).toEqual({ turn: 1, word: 0 })
  expect(placeAt(TURNS, 4350)).toEqual({ turn: 1, word: 0 })
  expect(placeAt(TURNS, 4450)).toEqual({ turn: 1, word: 1 })
  // A pause within a turn belongs to no word.
  expect(placeAt(TURNS, 5200)).toEqual({ turn: 1, word: -1 })
  expect(placeAt(TURNS, 5900)).toEqual({ turn: 2, word: -1 })
  expect(placeAt(TURNS, 9100)).toEqual({ turn: 3, word: 0 })
})

test('where nobody speaks there is no place', () => {
  expect(placeAt(TURNS, 8000)).toBeNull()
  expect(placeAt(TURNS, 20_000)).toBeNull()
  expect(placeAt([], 0)).toBeNull()
})

test('one goes from turn to turn, and no further than there are any', () => {
  expect(neighbour(TURNS, 4100, 1)).toBe(TURNS[2])
  expect(neighbour(TURNS, 5900, -1)).toBe(TURNS[1])
  expect(neighbour(TURNS, 100, -1)).toBe(TURNS[0])
  expect(neighbour(TURNS, 9100, 1)).toBeUndefined()
})
