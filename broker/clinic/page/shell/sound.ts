import { elapsed } from './clock.ts'
import { prefer, preference } from './preferences.ts'

/** The sound of a new alert, made in the browser. Browsers are mute until somebody has clicked: that is asked for. */

/** blocked: wanted, and the browser lets nothing be heard before a click or key. */
export type SoundState = 'on' | 'off' | 'blocked'

interface Tone {
  readonly hertz: number
  readonly atS: number
  readonly lengthS: number
  readonly volume: number
}

/** Three rising pulses (as IEC 60601-1-8 has for high priority, without claiming to be it); one soft tone. */
const TONES: Readonly<Record<'red' | 'other', readonly Tone[]>> = {
  red: [
    { hertz: 660, atS: 0, lengthS: 0.18, volume: 0.4 },
    { hertz: 784, atS: 0.25, lengthS: 0.18, volume: 0.4 },
    { hertz: 988, atS: 0.5, lengthS: 0.3, volume: 0.4 },
  ],
  other: [{ hertz: 523, atS: 0, lengthS: 0.25, volume: 0.15 }],
}
/** A burst of alerts is one sound. */
const APART_MS = 2_000

let context: AudioContext | undefined
let wanted = preference('sound') === 'on'
let lastAt: number | undefined
const watchers = new Set<() => void>()

export function soundState(): SoundState {
  if (!wanted) return 'off'
  return context?.state === 'running' ? 'on' : 'blocked'
}

export function watchSound(listener: () => void): () => void {
  watchers.add(listener)
  return () => void watchers.delete(listener)
}

const tell = () => {
  for (const told of watchers) told()
}

/** To be called from a click or key: only then does the browser let anything be heard. */
export function unlockSound(): void {
  context ??= new AudioContext()
  context.onstatechange = tell
  void context.resume().then(tell)
}

export function switchSound(on: boolean): void {
  wanted = on
  prefer('sound', on ? 'on' : 'off')
  if (on) unlockSound()
  tell()
}

export function sound(which: 'red' | 'other'): void {
  if (soundState() !== 'on' || context === undefined) return
  const now = elapsed()
  // A red is heard also right after something else.
  if (which === 'other' && lastAt !== undefined && now - lastAt < APART_MS) return
  lastAt = now
  for (const { hertz, atS, lengthS, volume } of TONES[which]) {
    const from = context.currentTime + atS
    const oscillator = new OscillatorNode(context, { frequency: hertz })
    const gain = new GainNode(context, { gain: 0 })
    // Without a slope it clicks.
    gain.gain.linearRampToValueAtTime(volume, from + 0.02)
    gain.gain.setValueAtTime(volume, from + lengthS - 0.04)
    gain.gain.linearRampToValueAtTime(0, from + lengthS)
    oscillator.connect(gain).connect(context.destination)
    oscillator.onended = () => gain.disconnect()
    oscillator.start(from)
    oscillator.stop(from + lengthS)
  }
}
