/** The page's audio: one context, meters of streams, and a test sound. */

import { decibels } from './level'

let shared: AudioContext | null = null

/**
 * Returns the audio context, which is created at the first click, because browsers play nothing
 * before.
 */
export function audio(): AudioContext {
  shared ??= new AudioContext()
  if (shared.state === 'suspended') void shared.resume()
  return shared
}

/** Measures a stream without playing it. */
export class Meter {
  private readonly source: MediaStreamAudioSourceNode
  private readonly analyser: AnalyserNode
  private readonly samples: Float32Array<ArrayBuffer>

  constructor(stream: MediaStream) {
    const context = audio()
    this.source = context.createMediaStreamSource(stream)
    this.analyser = context.createAnalyser()
    this.analyser.fftSize = 1024
    this.samples = new Float32Array(this.analyser.fftSize)
    this.source.connect(this.analyser)
  }

  /** Returns the level of about the last 20 ms. */
  level(): number {
    this.analyser.getFloatTimeDomainData(this.samples)
    return decibels(this.samples)
  }

  close(): void {
    this.source.disconnect()
  }
}

/** Returns true if the browser lets pages choose speakers (Chromium and Firefox). */
export function canChooseSpeaker(): boolean {
  return 'setSinkId' in HTMLMediaElement.prototype
}

/** Plays three soft notes over the speaker that the call will use. Resolves when they are over. */
export async function testSound(speaker: string): Promise<void> {
  const context = audio()
  const stream = context.createMediaStreamDestination()
  const element = new Audio()
  element.srcObject = stream.stream
  if (speaker !== '' && canChooseSpeaker()) await element.setSinkId(speaker)
  await element.play()
  const begin = context.currentTime + 0.1
  const notes = [392, 493.88, 587.33]
  notes.forEach((frequency, index) => {
    const at = begin + index * 0.28
    const tone = context.createOscillator()
    const volume = context.createGain()
    tone.frequency.value = frequency
    volume.gain.setValueAtTime(0, at)
    volume.gain.linearRampToValueAtTime(0.25, at + 0.03)
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.7)
    tone.connect(volume).connect(stream)
    tone.start(at)
    tone.stop(at + 0.75)
  })
  await new Promise((resolve) => setTimeout(resolve, 1_600))
  element.srcObject = null
}
