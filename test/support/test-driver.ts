import type {
  Advertisement,
  BleDriver,
  Declaration,
  GattLink,
  RawRecord,
  SessionEvent,
} from '../../device-drivers/driver.ts'
import { PreCareError } from '../../device-drivers/errors.ts'
import type { ReadingDraft } from '../../gateway/make-reading.ts'

/** A device as plain as can be: one byte is the weight in kg, the next the record number; 0xff can't be read. */

export const about: Declaration = {
  id: 'test-scale',
  title: 'Test scale',
  vendor: 'Nobody',
  models: ['T-1'],
  kinds: ['weight'],
  unitRule: 'fixed',
  timeRule: 'no-device-time',
  specialValues: 'none',
  userSlots: 'none',
  storedRecords: 'resent-until-deleted',
  commit: 'says the number',
  bonding: 'none',
  setsClock: false,
  evidence: 'specification only',
  sources: ['this file'],
}

export const record = (weight: number, sequence: number): RawRecord => [
  { source: 'test', bytes: Uint8Array.of(weight, sequence) },
]

export function decode([{ bytes }]: RawRecord): ReturnType<BleDriver['decode']> {
  const [weight = 0xff, sequence = 0] = bytes
  if (weight === 0xff) throw new PreCareError('packet-malformed', 'weight at offset 0')
  return {
    measurements: [
      { kind: 'weight', values: { weight: { value: weight, unit: 'kg', decimals: 0 } }, status: [], sequence },
    ],
    fields: [],
  }
}

/** A driver whose sessions play back what `script` yields. */
export function scriptedDriver(
  script: (link: GattLink) => AsyncIterable<SessionEvent>,
  commit?: BleDriver['commit'],
): BleDriver {
  return {
    transport: 'ble',
    about,
    match: (seen: Advertisement) => seen.services.includes('181D'),
    session: script,
    decode,
    ...(commit === undefined ? {} : { commit }),
  }
}

/** A draft as a session would make it. */
export function draft(n: number, timing: Partial<ReadingDraft['timing']> = {}): ReadingDraft {
  const id = n.toString(2).padStart(32, '0').replaceAll('0', 'a').replaceAll('1', 'b')
  return {
    reading: {
      id,
      kind: 'weight',
      values: { weight: { value: 80, unit: 'kg', decimals: 0 } },
      status: [],
      device: 'scale-0001',
      driver: 'test-scale',
      sequence: n,
      origin: 'automatic',
      raw: [{ source: 'test', hex: '50' }],
    },
    timing: { bootId: 'boot-1', heardAt: 5_000, clockSet: false, clockUnset: false, ...timing },
  }
}
