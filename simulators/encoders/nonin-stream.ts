import { byteWriter, requireRange } from './byte-writer.ts'
import { type StreamSample, sumOf } from './nonin.ts'

/**
 * Data formats 1, 2 and 7 of Nonin oximeters. Formats 2 and 7 send a waveform in frames of five bytes, 25 of them to a
 * packet and three packets a second; each frame carries one byte of the values.
 */
const PULSE_MISSING = 511
const SPO2_MISSING = 127
const FRAMES = 25

const pulseOf = (s: StreamSample): number => requireRange('pulse rate', s.pulseRate ?? PULSE_MISSING, 0, PULSE_MISSING)
const spo2Of = (s: StreamSample): number => requireRange('SpO2', s.oxygenSaturation ?? SPO2_MISSING, 0, SPO2_MISSING)

/** Data format 1: 3 bytes, once a second. */
export function encodeFormat1(s: StreamSample): Uint8Array {
  const pulse = pulseOf(s)
  let status = 0x80 | (pulse >> 7)
  if (s.sensorOff) status |= 0x40
  if (s.outOfTrack) status |= 0x20
  if (s.lowPerfusion) status |= 0x10
  if (s.marginalPerfusion) status |= 0x08
  if (s.artifact) status |= 0x04
  return Uint8Array.of(status, pulse & 0x7f, spo2Of(s))
}

/** Red is low, red with green (yellow) is marginal, green is good. */
function statusOf(s: StreamSample, first: boolean): number {
  let status = first ? 0x81 : 0x80
  if (s.sensorOff) status |= 0x40
  if (s.artifact) status |= 0x20
  if (s.outOfTrack) status |= 0x10
  if (s.lowPerfusion) status |= 0x04
  else if (s.marginalPerfusion) status |= 0x06
  return status
}

/** The byte of values that frame number `n`, counted from 1, carries. */
function carried(s: StreamSample, n: number): number {
  switch (n) {
    case 1:
    case 14:
    case 20:
    case 22:
      return pulseOf(s) >> 7
    case 2:
    case 15:
    case 21:
    case 23:
      return pulseOf(s) & 0x7f
    case 3:
    case 9:
    case 10:
    case 11:
    case 16:
    case 17:
      return spo2Of(s)
    case 8:
      return (s.smartPoint ? 0x20 : 0) | (s.lowBattery ? 0x01 : 0)
    default:
      return 0
  }
}

/** Half of the range of a waveform: a finger at rest. */
const WAVE = 0x40

/** Data format 2: 125 bytes, three times a second. */
export function encodeFormat2(s: StreamSample): Uint8Array {
  const out = byteWriter()
  for (let n = 1; n <= FRAMES; n++) {
    const frame = [0x01, statusOf(s, n === 1), WAVE, carried(s, n)]
    out.raw(frame).u8(sumOf(frame))
  }
  return out.bytes()
}

/** Data format 7: 125 bytes, three times a second; the waveform has 16 bits. */
export function encodeFormat7(s: StreamSample): Uint8Array {
  const out = byteWriter()
  for (let n = 1; n <= FRAMES; n++) {
    const frame = [statusOf(s, n === 1), WAVE, 0, carried(s, n)]
    out.raw(frame).u8(sumOf(frame))
  }
  return out.bytes()
}
