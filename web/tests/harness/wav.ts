/** WAV files that tests need to make themselves. */

import { writeFileSync } from 'node:fs'

/** Mono, 16 bit. */
export function writeWav(path: string, samples: Int16Array, rate: number): void {
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
  writeFileSync(path, Buffer.concat([header, Buffer.from(samples.buffer, samples.byteOffset, bytes)]))
}

export function silence(path: string, seconds: number): void {
  writeWav(path, new Int16Array(16_000 * seconds), 16_000)
}
