/** Where a moment of the recording is in the transcript. */

import type { Turn } from './queries'

/** A turn, and the word in it; -1 where no word is known for the moment. */
export interface Place {
  turn: number
  word: number
}

/** A word is still the current one this long after its end, so that the mark does not flicker between words. */
const LINGER_MS = 250

/**
 * Returns the index of the last entry that begins at the moment or before it, or -1. Entries are sorted by
 * their beginning.
 */
function lastBegun(entries: readonly { start_ms: number }[], ms: number): number {
  let [low, high] = [0, entries.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((entries[middle]?.start_ms ?? Infinity) <= ms) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Returns what is being said at a moment, or null where nobody speaks. Of two who speak at once it is the later. */
export function placeAt(turns: readonly Turn[], ms: number): Place | null {
  const last = lastBegun(turns, ms)
  // Somebody may still be speaking who began before the last turn and was not ended by it.
  for (let index = last; index >= 0 && index >= last - 3; index -= 1) {
    const turn = turns[index]
    if (turn === undefined || ms > turn.end_ms + LINGER_MS) continue
    const words = turn.words ?? []
    const word = lastBegun(words, ms)
    const ended = word >= 0 && ms > (words[word]?.end_ms ?? 0) + LINGER_MS
    return { turn: index, word: ended ? -1 : word }
  }
  return null
}

/** Returns the turn that begins after a moment (`1`) or before the one that is current (`-1`). */
export function neighbour(turns: readonly Turn[], ms: number, step: 1 | -1): Turn | undefined {
  const last = lastBegun(turns, ms)
  return turns[step === 1 ? last + 1 : Math.max(0, last - 1)]
}
