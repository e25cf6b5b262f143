import { ATT, ATT_ERROR, ATT_VALUE_MAX, type AttAnswer, attError } from './att.ts'
import { type AttSession, attempt, attributeAt, needsEncryption } from './att-session.ts'
import type { GattAttribute } from './gatt-database.ts'
import { join } from './octets.ts'
import type { CharacteristicDefinition } from './peripheral.ts'

/** Write, Write Command, Prepare Write and Execute Write (Core, Vol 3, Part F, 3.4.5 and 3.4.6). */

/** Client characteristic configuration bits (Core, Vol 3, Part G, 3.3.3.3). */
export const CCCD_NOTIFY = 0x0001
export const CCCD_INDICATE = 0x0002

/** Prepared writes kept per link: enough for the longest value at the smallest MTU. */
const PREPARED_MAX = 32

type Written = { readonly code: number } | { readonly after?: () => void }

export function write(session: AttSession, pdu: Buffer): AttAnswer {
  const handle = pdu.readUInt16LE(1)
  const written = writeAttribute(session, handle, pdu.subarray(3), 'write')
  if ('code' in written) return { pdu: attError(ATT.writeRequest, handle, written.code) }
  return { ...written, pdu: join(ATT.writeResponse) }
}

/** Without response: an error is nobody's business (3.4.5.3). */
export function writeCommand(session: AttSession, pdu: Buffer): void {
  const written = writeAttribute(session, pdu.readUInt16LE(1), pdu.subarray(3), 'write-without-response')
  if ('after' in written) written.after?.()
}

export function prepareWrite(session: AttSession, pdu: Buffer): Buffer {
  const [handle, offset] = [pdu.readUInt16LE(1), pdu.readUInt16LE(3)]
  const attribute = attributeAt(session, handle)
  const refused = attribute === undefined ? ATT_ERROR.invalidHandle : refusal(session, attribute, 'write')
  if (refused !== undefined) return attError(ATT.prepareWriteRequest, handle, refused)
  if (session.prepared.length >= PREPARED_MAX) {
    return attError(ATT.prepareWriteRequest, handle, ATT_ERROR.prepareQueueFull)
  }
  session.prepared = [...session.prepared, { handle, offset, part: join(pdu.subarray(5)) }]
  return join(ATT.prepareWriteResponse, pdu.subarray(1))
}

export function executeWrite(session: AttSession, pdu: Buffer): AttAnswer {
  const prepared = session.prepared
  session.prepared = []
  const cancelled = pdu.readUInt8(1) === 0x00
  const done: AttAnswer = { pdu: join(ATT.executeWriteResponse) }
  if (cancelled) return done
  const values = new Map<number, Buffer>()
  for (const { handle, offset, part } of prepared) {
    const before = values.get(handle) ?? Buffer.alloc(0)
    if (offset > before.length) return { pdu: attError(ATT.executeWriteRequest, handle, ATT_ERROR.invalidOffset) }
    values.set(handle, join(before.subarray(0, offset), part))
  }
  const configured: (() => void)[] = []
  for (const [handle, value] of values) {
    const written = writeAttribute(session, handle, value, 'write')
    if ('code' in written) return { pdu: attError(ATT.executeWriteRequest, handle, written.code) }
    if (written.after !== undefined) configured.push(written.after)
  }
  return {
    ...done,
    after: () => {
      for (const announce of configured) announce()
    },
  }
}

function refusal(
  session: AttSession,
  attribute: GattAttribute,
  property: 'write' | 'write-without-response',
): number | undefined {
  if (attribute.kind === 'declaration') return ATT_ERROR.writeNotPermitted
  if (attribute.kind === 'value' && !attribute.characteristic.properties.includes(property)) {
    return ATT_ERROR.writeNotPermitted
  }
  return needsEncryption(session, attribute) ? ATT_ERROR.insufficientAuthentication : undefined
}

function writeAttribute(
  session: AttSession,
  handle: number,
  value: Buffer,
  property: 'write' | 'write-without-response',
): Written {
  const attribute = attributeAt(session, handle)
  if (attribute === undefined) return { code: ATT_ERROR.invalidHandle }
  const refused = refusal(session, attribute, property)
  if (refused !== undefined) return { code: refused }
  if (attribute.kind === 'cccd') return configure(session, attribute.handle, attribute.characteristic, value)
  if (attribute.kind === 'declaration' || value.length > ATT_VALUE_MAX) return { code: ATT_ERROR.invalidLength }
  const code = attempt(() => attribute.characteristic.onWrite?.(join(value), session.link))
  return typeof code === 'number' ? { code } : {}
}

function configure(
  session: AttSession,
  handle: number,
  characteristic: CharacteristicDefinition,
  value: Buffer,
): Written {
  if (value.length !== 2) return { code: ATT_ERROR.invalidLength }
  const bits = value.readUInt16LE(0)
  const allowed =
    (characteristic.properties.includes('notify') ? CCCD_NOTIFY : 0) |
    (characteristic.properties.includes('indicate') ? CCCD_INDICATE : 0)
  if ((bits & ~allowed) !== 0) return { code: ATT_ERROR.valueNotAllowed }
  session.cccds.set(handle, bits)
  const mode = bits & CCCD_NOTIFY ? 'notify' : bits & CCCD_INDICATE ? 'indicate' : 'none'
  return { after: () => characteristic.onSubscribe?.(session.link, mode) }
}
