import { join, u16, view } from './octets.ts'

/** Fixed channels on an LE link (Core, Vol 3, Part A, 2.1). */
export const CID_ATT = 0x0004
export const CID_SMP = 0x0006

/** Length and channel before each PDU (Core, Vol 3, Part A, 3.1: basic information frame). */
export const L2CAP_HEADER = 4

export interface L2capPdu {
  readonly cid: number
  readonly payload: Buffer
}

export function l2capFrame(cid: number, payload: Uint8Array): Buffer {
  return join(u16(payload.length), u16(cid), payload)
}

/** @returns undefined while octets are missing */
export function parseL2capFrame(octets: Uint8Array): L2capPdu | undefined {
  if (octets.length < L2CAP_HEADER) return undefined
  const frame = view(octets)
  const end = L2CAP_HEADER + frame.readUInt16LE(0)
  return frame.length < end ? undefined : { cid: frame.readUInt16LE(2), payload: frame.subarray(L2CAP_HEADER, end) }
}
