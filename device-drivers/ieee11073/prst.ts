import { PreCareError } from '../errors.ts'
import type { PacketReader } from '../gatt/packet-reader.ts'
import { apdu, be16, be32, CHOICE } from './apdu.ts'
import { hex16 } from './attributes.ts'

/** DATA APDUs inside PRST: event reports, GET, actions, rejections (IEEE 11073-20601, DataApdu). */

export const OPERATION = {
  eventReport: 0x0100,
  confirmedEventReport: 0x0101,
  get: 0x0103,
  confirmedAction: 0x0107,
  eventReportResult: 0x0201,
  getResult: 0x0203,
  confirmedSetResult: 0x0205,
  actionResult: 0x0207,
  error: 0x0300,
  reject: 0x0400,
} as const

const OPERATION_NAMES: Readonly<Record<number, string>> = {
  256: 'roiv-cmip-event-report',
  257: 'roiv-cmip-confirmed-event-report',
  259: 'roiv-cmip-get',
  261: 'roiv-cmip-confirmed-set',
  263: 'roiv-cmip-confirmed-action',
  513: 'rors-cmip-confirmed-event-report',
  515: 'rors-cmip-get',
  517: 'rors-cmip-confirmed-set',
  519: 'rors-cmip-confirmed-action',
  768: 'roer',
  1024: 'rorj',
}

/** Remote operations that an agent invokes lie below, its answers above (choice 0x01.. and 0x02..). */
export const isInvocation = (operation: number): boolean => operation >>> 8 === 0x01

const EVENT_NAMES: Readonly<Record<number, string>> = {
  3356: 'MDC_NOTI_CONFIG',
  3357: 'MDC_NOTI_SCAN_REPORT_FIXED',
  3358: 'MDC_NOTI_SCAN_REPORT_VAR',
  3359: 'MDC_NOTI_SCAN_REPORT_MP_FIXED',
  3360: 'MDC_NOTI_SCAN_REPORT_MP_VAR',
  3361: 'MDC_NOTI_SEGMENT_DATA',
  3362: 'MDC_NOTI_UNBUF_SCAN_REPORT_VAR',
  3363: 'MDC_NOTI_UNBUF_SCAN_REPORT_FIXED',
  3364: 'MDC_NOTI_UNBUF_SCAN_REPORT_GROUPED',
  3365: 'MDC_NOTI_UNBUF_SCAN_REPORT_MP_VAR',
  3366: 'MDC_NOTI_UNBUF_SCAN_REPORT_MP_FIXED',
  3367: 'MDC_NOTI_UNBUF_SCAN_REPORT_MP_GROUPED',
  3368: 'MDC_NOTI_BUF_SCAN_REPORT_VAR',
  3369: 'MDC_NOTI_BUF_SCAN_REPORT_FIXED',
  3370: 'MDC_NOTI_BUF_SCAN_REPORT_GROUPED',
  3371: 'MDC_NOTI_BUF_SCAN_REPORT_MP_VAR',
  3372: 'MDC_NOTI_BUF_SCAN_REPORT_MP_FIXED',
  3373: 'MDC_NOTI_BUF_SCAN_REPORT_MP_GROUPED',
}

export const EVENT_CONFIG = 0x0d1c

export interface DataApdu {
  readonly invokeId: number
  readonly operation: number
}

/** Invoke-id, choice, choice's length. */
const DATA_HEADER_LENGTH = 6

/** Octet string's length to choice's length; the argument follows. @throws PreCareError when a length lies */
export function readDataApdu(packet: PacketReader): DataApdu {
  const octets = packet.u16be('PRST.length')
  const available = packet.surplusBytes
  if (octets > available) {
    throw new PreCareError(
      'packet-too-short',
      `'PRST.length' announces ${octets} bytes, the packet has ${available} more`,
    )
  }
  const invokeId = packet.u16be('invoke-id')
  const operation = packet.u16be('choice')
  packet.explain(OPERATION_NAMES[operation] ?? 'unknown operation')
  // Two lengths around it and one inside agree with each other; agents exist that get this one wrong.
  if (packet.u16be('choice.length') !== octets - DATA_HEADER_LENGTH) packet.explain('contradicts the lengths around it')
  return { invokeId, operation }
}

export interface EventHeader {
  readonly handle: number
  readonly type: number
  /** Of the information that follows. */
  readonly length: number
}

/** @param answered true for the result of a confirmed report: it has the same shape */
export function readEventHeader(packet: PacketReader, answered = false): EventHeader {
  const handle = packet.u16be('obj-handle')
  packet.u32be(answered ? 'currentTime' : 'event-time')
  const type = packet.u16be('event-type')
  packet.explain(`${hex16(type)} ${EVENT_NAMES[type] ?? 'unknown'}`)
  const length = packet.u16be(answered ? 'event-reply-info.length' : 'event-info.length')
  return { handle, type, length }
}

function dataApdu(invokeId: number, operation: number, argument: readonly number[]): Uint8Array {
  const data = [...be16(invokeId), ...be16(operation), ...be16(argument.length), ...argument]
  return apdu(CHOICE.presentation, [...be16(data.length), ...data])
}

/**
 * Result of a confirmed event report. To the agent it means "received": a store-and-forward agent deletes what it
 * reported, so it goes out only when the records are safe.
 */
export function eventReportResult(
  invokeId: number,
  event: Pick<EventHeader, 'handle' | 'type'>,
  reply: readonly number[] = [],
): Uint8Array {
  const argument = [...be16(event.handle), ...be32(0), ...be16(event.type), ...be16(reply.length), ...reply]
  return dataApdu(invokeId, OPERATION.eventReportResult, argument)
}

export const CONFIGURATION = { accepted: 0, unsupported: 1, standardUnknown: 2 } as const

export function configurationResult(
  invokeId: number,
  event: Pick<EventHeader, 'handle' | 'type'>,
  configId: number,
  result: number,
): Uint8Array {
  return eventReportResult(invokeId, event, [...be16(configId), ...be16(result)])
}

/** The medical device system object. */
const MDS_HANDLE = 0

/** All attributes of the MDS: an empty list asks for every one (IEEE 11073-20601, GetArgumentSimple). */
export const getMds = (invokeId: number): Uint8Array =>
  dataApdu(invokeId, OPERATION.get, [...be16(MDS_HANDLE), ...be16(0), ...be16(0)])

const ACT_SET_TIME = 0x0c17

/** Set-Time with an accuracy of 0, "unknown". @param time AbsoluteTime, 8 bytes */
export function setTime(invokeId: number, time: Uint8Array): Uint8Array {
  const information = [...time, ...be32(0)]
  const argument = [...be16(MDS_HANDLE), ...be16(ACT_SET_TIME), ...be16(information.length), ...information]
  return dataApdu(invokeId, OPERATION.confirmedAction, argument)
}

export const PROBLEM = { badlyStructured: 2, unrecognizedOperation: 101 } as const

export const reject = (invokeId: number, problem: number): Uint8Array =>
  dataApdu(invokeId, OPERATION.reject, be16(problem))
