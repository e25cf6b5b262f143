import { byteWriter, requireRange } from './byte-writer.ts'
import type { CalendarTime } from './date-time.ts'

/**
 * Packets of Contec's devices on Bluetooth service FF12: a header with bit 7 set, 7-bit bytes behind it, and their sum
 * in 7 bits. Numbers above 127 go out in two bytes, the low seven bits first.
 */

export function withSum(bytes: Iterable<number>): Uint8Array {
  const all = [...bytes]
  const sum = all.reduce((total, byte) => total + byte, 0) % 128
  return byteWriter().raw(all).u8(sum).bytes()
}

/** False for a command whose sum is wrong: such a device does not answer it. */
export function sumIsRight(packet: Uint8Array): boolean {
  const expected = withSum(packet.subarray(0, -1)).at(-1)
  return packet.length > 1 && packet.at(-1) === expected
}

const low7 = (name: string, value: number): number => requireRange(name, value, 0, 127)

function twice7(name: string, value: number): readonly [number, number] {
  requireRange(name, value, 0, 0x3fff)
  return [value % 128, Math.floor(value / 128)]
}

/** 0 and 127 are what the device sends while it has no value. */
const NO_SPO2 = 127
const NO_PULSE = 0
/** As recorded with a finger in it. */
const FINGER_IN = 0x06
const FINGER_OUT = 0x04

/** CMS50D-BT, values: EB 01, flags, pulse, SpO2, 7F 00, sum. */
export function encodeContecValues(s: {
  readonly oxygenSaturation: number | undefined
  readonly pulseRate: number | undefined
}): Uint8Array {
  const empty = s.oxygenSaturation === undefined
  const pulse = low7('pulse rate', s.pulseRate ?? NO_PULSE)
  const spo2 = low7('SpO2', s.oxygenSaturation ?? NO_SPO2)
  return withSum([0xeb, 0x01, empty ? FINGER_OUT : FINGER_IN, pulse, spo2, 0x7f, 0x00])
}

/** CMS50D-BT, one point of the wave: EB 00, three bytes, sum. */
export const encodeContecWave = (height: number): Uint8Array => withSum([0xeb, 0x00, 0x03, low7('wave', height), 0x09])

/** Year of the century, month, day, hour, minute, second; zeros when the clock is dead. */
const shortTime = ({ year, month, day, hour, minute, second }: CalendarTime): readonly number[] => [
  year === 0 ? 0 : requireRange('year', year - 2000, 0, 127),
  month,
  day,
  hour,
  minute,
  second,
]

/** PO60, 24 bytes: E9, position, six bytes, end of the measurement, three bytes, SpO2 and pulse as max, min, average, sum. */
export function encodeBeurerRecord(r: {
  readonly position: number
  readonly end: CalendarTime
  readonly oxygenSaturation: number
  readonly pulseRate: number
}): Uint8Array {
  const end = shortTime(r.end)
  const spread = [r.oxygenSaturation, r.pulseRate].flatMap((average) =>
    [Math.min(127, average + 1), Math.max(0, average - 1), average].map((each) => low7('value', each)),
  )
  return withSum([0xe9, requireRange('position', r.position, 0, 15), ...end, ...end, 0, 0, 0x1e, ...spread])
}

export interface ContecBlow {
  /** In this transfer. */
  readonly number: number
  readonly time: CalendarTime
  /** L; 0: not measured. */
  readonly fev1: number
  readonly fvc: number
  readonly fev6: number
  /** L/s */
  readonly peakFlow: number
  /** 1: a forced manoeuvre. 2 and more: others, without these values. */
  readonly measureType?: number
}

/** SP80B, one stored blow: 44 bytes. */
export function encodeContecBlow(b: ContecBlow): Uint8Array {
  const hundredths = (name: string, value: number): readonly number[] => twice7(name, Math.round(value * 100))
  const percent = b.fvc === 0 ? 0 : Math.round((1000 * b.fev1) / b.fvc)
  return withSum([
    ...[0xe1, 0x00, b.measureType ?? 1],
    ...twice7('number', b.number),
    ...shortTime(b.time),
    ...[0, 68, ...twice7('height', 175), 1, 0],
    ...hundredths('FVC', b.fvc),
    ...[0, 0],
    ...hundredths('FEV1', b.fev1),
    ...twice7('FEV1/FVC', percent),
    ...[0, 0],
    ...hundredths('FEV6', b.fev6),
    ...hundredths('PEF', b.peakFlow),
    ...new Array<number>(8).fill(0),
    ...twice7('time to PEF', 120),
    ...twice7('extrapolated volume', 79),
  ])
}

/** SP80B, the answer with the number of stored blows: 10 bytes. */
export const encodeContecCount = (count: number): Uint8Array =>
  withSum([0xe0, ...twice7('count', count), 0, 0, 0, 0, 0, 0])

/** SP80B, a curve: number of the blow, number of points, eight bytes each, and 19 more. */
export function encodeContecCurve(number: number, points: number): Uint8Array {
  const point = [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77]
  return byteWriter()
    .raw([0xe2, ...twice7('number', number), ...twice7('points', points)])
    .raw(Array.from({ length: points }, () => point).flat())
    .raw(new Array<number>(19).fill(0x01))
    .bytes()
}
