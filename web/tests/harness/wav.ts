/** Sound for fake microphones: mono WAV files of 16 bit. */

import { readFileSync, renameSync, writeFileSync } from 'node:fs'

export interface Sound {
  samples: Int16Array
  /** Samples a second. */
  rate: number
}

export function readWav(path: string): Sound {
  const file = readFileSync(path)
  const data = file.indexOf('data', 12, 'latin1')
  if (file.readUInt16LE(22) !== 1 || file.readUInt16LE(34) !== 16 || data < 0) throw new Error(`${path}: mono, 16 bit?`)
  const bytes = Math.min(file.readUInt32LE(data + 4), file.length - data - 8)
  const samples = Int16Array.from({ length: bytes >> 1 }, (_, index) => file.readInt16LE(data + 8 + index * 2))
  return { samples, rate: file.readUInt32LE(24) }
}

/** In one step: whoever opens the path has the old sound or the new one. */
export function writeWav(path: string, { samples, rate }: Sound): void {
  const header = Buffer.alloc(44)
  const bytes = samples.length * 2
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + bytes, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(rate, 24)
  header.writeUInt32LE(rate * 2, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(bytes, 40)
  writeFileSync(`${path}.new`, Buffer.concat([header, Buffer.from(samples.buffer, samples.byteOffset, bytes)]))
  renameSync(`${path}.new`, path)
}

export function silence(seconds: number, rate = 16_000): Sound {
  return { samples: new Int16Array(rate * seconds), rate }
}

/** What a voice sounds like to somebody who does not understand it: a hum that rises and falls like syllables. */
export function hum(seconds: number, rate = 16_000): Sound {
  const samples = Int16Array.from({ length: rate * seconds }, (_, index) => {
    const at = index / rate
    let sum = 0
    for (let harmonic = 1; harmonic < 12; harmonic += 1) sum += Math.sin(2 * Math.PI * 120 * harmonic * at) / harmonic
    return 3_000 * sum * (0.6 + 0.4 * Math.sin(2 * Math.PI * 4 * at))
  })
  return { samples, rate }
}

export function duration(sound: Sound): number {
  return (sound.samples.length / sound.rate) * 1000
}

/** With silence before and after it. */
export function padded({ samples, rate }: Sound, before: number, after: number): Sound {
  const whole = new Int16Array(samples.length + (before + after) * rate)
  whole.set(samples, before * rate)
  return { samples: whole, rate }
}
