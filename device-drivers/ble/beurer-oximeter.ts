import { decoded } from '../decoded.ts'
import type { BleDriver, Decoded, GattLink, Measurement, RawRecord, SessionEvent } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { deviceTime, measurementTime } from '../gatt/date-time.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import {
  CONTEC_NOTIFY,
  CONTEC_SERVICE,
  CONTEC_WRITE,
  framesByHeader,
  placedRecord,
  requireSum,
  summed,
  withoutPlace,
} from './contec-frames.ts'
import { dialogue } from './dialogue.ts'
import { readBattery, readIdentity } from './identity.ts'
import { unlessMissing } from './live-oximeter.ts'
import { named } from './visit.ts'

/** Beurer PO60: finished measurements in records of 24 bytes, handed over ten at a time. */

const HEADER = 0xe9
const LENGTH = 24
const BATCH = 10
/** The low half of the byte behind the header counts within the batch. */
const POSITION_AT = 1
const SPO2_MISSING = [0, 127]

const FIRST_BATCH = summed(0x99, 0x00)
const NEXT_BATCH = summed(0x99, 0x01)
const ALL_RECEIVED = summed(0x99, 0x7f)

/** Context: the record as it came, with its position. */
const AS_SENT = 'po60-as-sent'

/** The vendor's app waits half a second for the next record. */
const ANSWER_MS = 1_500

export function decodeBeurerOximetry(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  if (packet.u8('Header') !== HEADER) throw new PreCareError('packet-malformed', 'a record of the PO60 starts with E9')
  packet.u8('Position')
  packet.bytes('Unknown 2-7', 6)
  const at = packet.offset
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = packet.bytes('End Time', 6)
  const time = deviceTime(2000 + (year & 0x7f), month, day, hour, minute, second)
  packet.explain(time.state === 'valid' ? time.text : `${time.text}, ${time.state}`)
  packet.bytes('Unknown 14-16', at + 9 - packet.offset)
  packet.u8('SpO2 Maximum', '%')
  packet.u8('SpO2 Minimum', '%')
  const oxygenSaturation = unlessMissing(packet, packet.u8('SpO2 Average', '%'), SPO2_MISSING, '%')
  packet.u8('Pulse Rate Maximum', '/min')
  packet.u8('Pulse Rate Minimum', '/min')
  const pulseRate = unlessMissing(packet, packet.u8('Pulse Rate Average', '/min'), [0], '/min')
  requireSum(bytes, LENGTH)
  packet.u8('Checksum')
  const { timing, status } = measurementTime(time)
  const values = { oxygenSaturation, pulseRate }
  const measurement: Measurement = { kind: 'oxygen-saturation', values, status: ['from-storage', ...status], ...timing }
  return decoded(packet, [measurement])
}

function recordOf(frame: Uint8Array): RawRecord {
  const bytes = withoutPlace(frame, POSITION_AT, POSITION_AT + 1, 0xf0)
  return placedRecord({ source: CONTEC_NOTIFY, bytes }, frame, AS_SENT)
}

/** The next batch, and the end of it all, are asked for when what came before is on disk. */
async function* collect(link: GattLink): AsyncGenerator<SessionEvent, void> {
  yield* readIdentity(link)
  yield* readBattery(link)
  const talk = dialogue(link, {
    service: CONTEC_SERVICE,
    write: CONTEC_WRITE,
    notify: CONTEC_NOTIFY,
    frames: framesByHeader({ [HEADER]: LENGTH }),
    answerMs: ANSWER_MS,
  })
  await talk.send(FIRST_BATCH)
  let records = 0
  for (;;) {
    const frame = yield* talk.next()
    if (frame === undefined) break
    yield { type: 'record', record: recordOf(frame) }
    records += 1
    if (records % BATCH === 0) await talk.send(NEXT_BATCH)
  }
  // Of a transfer with holes nothing is confirmed: it comes again at the next visit.
  if (records > 0 && talk.garbled === 0) await talk.send(ALL_RECEIVED)
}

export const beurerOximeter: BleDriver = {
  transport: 'ble',
  about: {
    id: 'beurer-po60',
    title: 'Beurer oximeter with memory',
    vendor: 'Beurer',
    models: ['PO60'],
    kinds: ['oxygen-saturation'],
    unitRule: 'fixed',
    timeRule: 'device-time',
    specialValues: 'SpO2 0 and 127, and pulse 0, are no value',
    userSlots: 'none',
    storedRecords: 'sent-once',
    commit: 'none: the session confirms a whole transfer (99 7F) when all of it is on disk',
    bonding: 'required',
    setsClock: false,
    evidence: 'specification only',
    sources: ['weliem/LivecareBluetoothSDK PO60SPO2.java (commands, offsets)'],
    quirks: [
      'average of a measurement; its end is taken for its time',
      'whether the confirmation deletes is not known: the same record twice is one reading',
      '7-bit packets: how a pulse above 127 looks is not known',
      'the clock can be neither read nor set',
    ],
  },
  match: named(/^PO60/),
  session: collect,
  decode: ([packet]) => decodeBeurerOximetry(packet.bytes),
}
