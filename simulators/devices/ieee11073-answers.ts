import type { CalendarTime } from '../encoders/date-time.ts'

/** What a manager says to an agent. */
export type ManagerAnswer =
  | { readonly type: 'association'; readonly result: number }
  | {
      readonly type: 'event-result'
      readonly invokeId: number
      readonly event: number
      readonly configuration?: number
    }
  | { readonly type: 'get'; readonly invokeId: number }
  | { readonly type: 'set-time'; readonly invokeId: number; readonly time: CalendarTime }
  | { readonly type: 'rejected'; readonly invokeId: number }
  | { readonly type: 'release-request' }
  | { readonly type: 'release-response' }
  | { readonly type: 'abort' }
  | { readonly type: 'unknown' }

const CONFIGURATION_EVENT = 0x0d1c
const SET_TIME_ACTION = 0x0c17

const digits = (byte: number): number => (byte >> 4) * 10 + (byte & 15)

function data(body: DataView): ManagerAnswer {
  // Octet string's length, invoke-id, operation, length; then the argument.
  const invokeId = body.getUint16(2)
  const argument = 8
  switch (body.getUint16(4)) {
    case 0x0103:
      return { type: 'get', invokeId }
    case 0x0107: {
      if (body.getUint16(argument + 2) !== SET_TIME_ACTION) return { type: 'unknown' }
      const at = (index: number): number => digits(body.getUint8(argument + 6 + index))
      const time = { year: at(0) * 100 + at(1), month: at(2), day: at(3), hour: at(4), minute: at(5), second: at(6) }
      return { type: 'set-time', invokeId, time }
    }
    case 0x0201: {
      const event = body.getUint16(argument + 6)
      const configuration = event === CONFIGURATION_EVENT ? body.getUint16(argument + 12) : undefined
      return { type: 'event-result', invokeId, event, ...(configuration === undefined ? {} : { configuration }) }
    }
    case 0x0300:
    case 0x0400:
      return { type: 'rejected', invokeId }
    default:
      return { type: 'unknown' }
  }
}

function meaning(choice: number, body: DataView): ManagerAnswer {
  switch (choice) {
    case 0xe300:
      return { type: 'association', result: body.getUint16(0) }
    case 0xe400:
      return { type: 'release-request' }
    case 0xe500:
      return { type: 'release-response' }
    case 0xe600:
      return { type: 'abort' }
    case 0xe700:
      return data(body)
    default:
      return { type: 'unknown' }
  }
}

/** Reads a manager's APDUs out of chunks; a manager keeps its lengths right, so they are believed. */
export function createAnswerReader(): (chunk: Uint8Array) => ManagerAnswer[] {
  let held = Buffer.alloc(0)
  return (chunk) => {
    held = Buffer.concat([held, chunk])
    const answers: ManagerAnswer[] = []
    while (held.length >= 4 && held.length >= 4 + held.readUInt16BE(2)) {
      const length = held.readUInt16BE(2)
      answers.push(meaning(held.readUInt16BE(0), new DataView(held.buffer, held.byteOffset + 4, length)))
      held = held.subarray(4 + length)
    }
    return answers
  }
}
