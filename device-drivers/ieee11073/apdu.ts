import type { FrameRule, FrameVerdict } from '../serial/framing.ts'

/**
 * The envelope of IEEE 11073-20601: choice and length, both 16 bit, big-endian. Over a byte stream (SPP, a TCP
 * line) the length is all that separates two APDUs, so it is believed only when what is inside agrees with it.
 */

export const CHOICE = {
  associationRequest: 0xe200,
  associationResponse: 0xe300,
  releaseRequest: 0xe400,
  releaseResponse: 0xe500,
  abort: 0xe600,
  presentation: 0xe700,
} as const

const NAMES: Readonly<Record<number, string>> = {
  [CHOICE.releaseRequest]: 'RLRQ',
  [CHOICE.associationResponse]: 'AARE',
  [CHOICE.associationRequest]: 'AARQ',
  [CHOICE.releaseResponse]: 'RLRE',
  [CHOICE.abort]: 'ABRT',
  [CHOICE.presentation]: 'PRST',
}

export const choiceName = (choice: number): string => NAMES[choice] ?? 'unknown'

export const HEADER_LENGTH = 4
/** Largest APDU that an agent may send: 63 KiB (IEEE 11073-20601, from agent to manager). */
export const LONGEST_APDU = 64_512
/** Version, then count and length of the protocol list, then at least one protocol of 4 bytes. */
const SHORTEST_ASSOCIATION_REQUEST = 12
/** Result, protocol, and the length of its information. */
const SHORTEST_ASSOCIATION_RESPONSE = 6
/** Octet string's length, invoke-id, choice, length. */
const SHORTEST_PRESENTATION = 8

const u16 = (bytes: Uint8Array, at: number): number | undefined => {
  const [high, low] = [bytes[at], bytes[at + 1]]
  return high === undefined || low === undefined ? undefined : high * 256 + low
}

/** False only when bytes that are here contradict the length; true also while they are not here yet. */
function agrees(bytes: Uint8Array, at: number, expected: number): boolean {
  const inner = u16(bytes, at)
  return inner === undefined || inner === expected
}

function consistent(choice: number, length: number, bytes: Uint8Array): boolean {
  switch (choice) {
    case CHOICE.releaseRequest:
    case CHOICE.releaseResponse:
    case CHOICE.abort:
      return length === 2
    case CHOICE.presentation:
      // PRST is an octet string. The third length, that of the DATA APDU inside, is not asked: it is wrong in
      // signove/antidote's scan_report_info_var.
      return length >= SHORTEST_PRESENTATION && agrees(bytes, 4, length - 2)
    case CHOICE.associationRequest:
      return length >= SHORTEST_ASSOCIATION_REQUEST && agrees(bytes, 10, length - 8)
    case CHOICE.associationResponse:
      return length >= SHORTEST_ASSOCIATION_RESPONSE && agrees(bytes, 8, length - 6)
    default:
      return false
  }
}

function measure(bytes: Uint8Array): FrameVerdict {
  const choice = u16(bytes, 0)
  const length = u16(bytes, 2)
  if (choice === undefined || length === undefined) return (bytes[0] ?? 0) >>> 4 === 0xe ? 'more' : 'none'
  if (length > LONGEST_APDU || !consistent(choice, length, bytes)) return 'none'
  return bytes.length >= HEADER_LENGTH + length ? { frame: HEADER_LENGTH + length } : 'more'
}

/** APDUs in a byte stream, for `takeFrames`. A length that lies is no frame, and the next good one is found. */
export const APDU_FRAMES: FrameRule = { measure, longest: HEADER_LENGTH + LONGEST_APDU + 1 }

export const be16 = (value: number): readonly number[] => [(value >>> 8) & 0xff, value & 0xff]
export const be32 = (value: number): readonly number[] => [...be16(value >>> 16), ...be16(value)]

/** An APDU of this choice around a body. */
export function apdu(choice: number, body: readonly number[]): Uint8Array {
  return Uint8Array.from([...be16(choice), ...be16(body.length), ...body])
}

/** Choice of a whole APDU. */
export const choiceOf = (bytes: Uint8Array): number => u16(bytes, 0) ?? 0
