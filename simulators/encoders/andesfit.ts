import { byteWriter, requireRange } from './byte-writer.ts'

/** AndesFit spirometer: DD and, for each blow, a stamp in seconds, FEV1 in 10 mL and peak flow in L/min. */
export interface AndesFitBlow {
  readonly stamp: number
  /** L */
  readonly fev1: number
  /** L/min */
  readonly peakFlow: number
}

export function encodeAndesFit(blows: readonly AndesFitBlow[]): Uint8Array {
  const out = byteWriter().u8(0xdd)
  for (const blow of blows) {
    out
      .u32(blow.stamp)
      .u16(requireRange('FEV1', Math.round(blow.fev1 * 100), 0, 0xffff))
      .u16(requireRange('PEF', Math.round(blow.peakFlow), 0, 0xffff))
  }
  return out.bytes()
}
