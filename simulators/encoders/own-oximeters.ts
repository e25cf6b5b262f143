import { byteWriter, requireRange } from './byte-writer.ts'

/** Live packets of Nonin, Jumper and Viatom oximeters on Bluetooth. Undefined values go out as "missing". */

interface Seen {
  readonly oxygenSaturation: number | undefined
  readonly pulseRate: number | undefined
}

/** Nonin Continuous Oximetry (113142-000-02): ten bytes, big-endian. */
export function encodeNoninOximetry(
  s: Seen & {
    /** Percent, two decimals. */
    readonly amplitude: number
    readonly counter: number
    readonly smartPoint: boolean
    readonly weakSignal?: boolean
    readonly searching?: boolean
    readonly attached: boolean
    readonly lowBattery?: boolean
  },
): Uint8Array {
  const status =
    0x01 |
    (s.weakSignal ? 0x02 : 0) |
    (s.smartPoint ? 0x04 : 0) |
    (s.searching ? 0x08 : 0) |
    (s.attached ? 0x10 : 0) |
    (s.lowBattery ? 0x20 : 0)
  const pulse = requireRange('pulse rate', s.pulseRate ?? 511, 0, 511)
  const amplitude = requireRange('amplitude', Math.round(s.amplitude * 100), 0, 0xffff)
  const counter = requireRange('counter', s.counter, 0, 0xffff)
  return byteWriter()
    .raw([10, status, s.lowBattery ? 20 : 30])
    .raw([amplitude >> 8, amplitude & 0xff, counter >> 8, counter & 0xff])
    .u8(requireRange('SpO2', s.oxygenSaturation ?? 127, 0, 127))
    .raw([pulse >> 8, pulse & 0xff])
    .bytes()
}

/** Jumper: 81, pulse (FF missing), SpO2 (7F missing), perfusion index in tenths of a percent. */
export function encodeJumperValues(s: Seen & { readonly perfusionIndex: number }): Uint8Array {
  return byteWriter()
    .u8(0x81)
    .u8(s.pulseRate ?? 0xff)
    .u8(s.oxygenSaturation ?? 0x7f)
    .u8(Math.round(s.perfusionIndex * 10))
    .bytes()
}

/** Jumper: a piece of the pulse wave. */
export const encodeJumperWave = (height: number): Uint8Array =>
  byteWriter().u8(0x80).raw(new Array<number>(10).fill(height)).bytes()

/** CRC-8 with polynomial x8 + x2 + x + 1, most significant bit first. */
function crc8(bytes: Iterable<number>): number {
  let remainder = 0
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const carry = (remainder >> 7) ^ ((byte >> bit) & 1)
      remainder = ((remainder << 1) & 0xff) ^ (carry ? 0x07 : 0)
    }
  }
  return remainder
}

/** Viatom: current values. 55, status and its complement, block, length, 13 bytes, CRC. */
export function encodeViatomValues(
  s: Seen & { readonly battery: number; readonly worn: boolean; readonly movement?: number },
): Uint8Array {
  const body = byteWriter()
    .raw([0x55, 0x00, 0xff])
    .u16(0)
    .u16(13)
    .u8(s.oxygenSaturation ?? 0)
    .u8(s.pulseRate ?? 0)
    .raw([0, 0, 0, 0, 0])
    .u8(requireRange('battery', s.battery, 0, 100))
    .u8(0)
    .u8(s.movement ?? 0)
    .u8(0)
    .raw([s.worn ? 1 : 0, 0])
    .bytes()
  return byteWriter().raw(body).u8(crc8(body)).bytes()
}

/** The operation of a command: AA, operation, complement, block, length, CRC. Undefined when any of it is wrong. */
export function readViatomCommand(bytes: Uint8Array): number | undefined {
  const [start, operation = 0, complement] = bytes
  const right = start === 0xaa && complement === 0xff - operation && crc8(bytes.subarray(0, -1)) === bytes.at(-1)
  return right ? operation : undefined
}
