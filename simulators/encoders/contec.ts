import { requireRange } from './byte-writer.ts'

/** Live packets of Contec CMS50 oximeters, 60 a second. Undefined values go out as 0. */
export interface ContecSample {
  readonly oxygenSaturation: number | undefined
  readonly pulseRate: number | undefined
  readonly fingerOut?: boolean
  readonly probeError?: boolean
  readonly searching?: boolean
  readonly strength?: number
  readonly wave?: number
}

const pulseOf = (s: ContecSample): number => requireRange('pulse rate', s.pulseRate ?? 0, 0, 255)
const spo2Of = (s: ContecSample): number => requireRange('SpO2', s.oxygenSaturation ?? 0, 0, 127)

/** Old protocol: 5 bytes, of which the first alone has bit 7 set. */
export function encodeContecOld(s: ContecSample): Uint8Array {
  const pulse = pulseOf(s)
  const first = 0x80 | (s.strength ?? 5) | (s.fingerOut ? 0x10 : 0)
  const bar = (s.strength ?? 5) | (s.probeError ? 0x10 : 0) | (s.searching ? 0x20 : 0) | (pulse > 127 ? 0x40 : 0)
  return Uint8Array.of(first, s.wave ?? 30, bar, pulse % 128, spo2Of(s))
}

/** New protocol: type 01, then the eighth bits of the seven bytes that follow, all of them with bit 7 set. */
export function encodeContecNew(s: ContecSample): Uint8Array {
  const pulse = pulseOf(s)
  const data = [s.strength ?? 5, s.wave ?? 30, s.strength ?? 5, pulse, spo2Of(s), 0xff, 0xff]
  const high = data.reduce((bits, byte, i) => bits + (byte > 127 ? 2 ** i : 0), 0)
  return Uint8Array.of(0x01, 0x80 + high, ...data.map((byte) => 128 + (byte % 128)))
}
