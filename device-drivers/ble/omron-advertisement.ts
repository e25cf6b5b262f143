import { decoded } from '../decoded.ts'
import type { Advertisement, Decoded, Visit } from '../driver.ts'
import { isPreCareError, PreCareError } from '../errors.ts'
import { PacketReader } from '../gatt/packet-reader.ts'

/**
 * What Omron devices say before anybody connects: in the manufacturer data, for each user the number of the newest
 * record; in the name, the mode. Layout: Omron's OHQ reference code and StanfordSpezi/SpeziDevices.
 */

/** Bluetooth SIG company identifier of Omron Healthcare. */
export const OMRON_COMPANY = 0x020e
/** Data type: counters of each user. */
const EACH_USER = 0x01
const USER_COUNT_MASK = 0x03
/** Sequence numbers are 16 bits and wrap around. */
const SEQUENCE_SIZE = 0x10000

export interface OmronUser {
  /** 1 to 4, as in the User ID of the records. */
  readonly slot: number
  /** Of the newest record. */
  readonly sequence: number
  /** Records stored. */
  readonly records: number
}

export interface OmronAdvertisement {
  readonly packet: PacketReader
  readonly timeNotSet: boolean
  readonly pairing: boolean
  readonly users: readonly OmronUser[]
}

/** @param bytes manufacturer data, company first. @throws PreCareError 'packet-too-short', 'packet-malformed' */
export function readOmronAdvertisement(bytes: Uint8Array): OmronAdvertisement {
  const packet = new PacketReader(bytes)
  if (packet.u16('Company Identifier') !== OMRON_COMPANY) {
    throw new PreCareError('packet-malformed', 'the manufacturer data are not those of Omron')
  }
  if (packet.u8('Data Type') !== EACH_USER) {
    throw new PreCareError('packet-malformed', 'the manufacturer data carry no counters of users')
  }
  const flags = packet.flags('Flags', 1, {
    'Time not set': 2,
    'Pairing Mode': 3,
    'Streaming Mode': 4,
    'Service Mode': 5,
  })
  const count = 1 + ((bytes[3] ?? 0) & USER_COUNT_MASK)
  packet.derived('Number of Users', count, 'bits 0 and 1 of Flags, plus one')
  const users: OmronUser[] = []
  for (let slot = 1; slot <= count; slot++) {
    users.push({
      slot,
      sequence: packet.u16(`User ${slot} Sequence Number`),
      records: packet.u8(`User ${slot} Number of Records`),
    })
  }
  return { packet, timeNotSet: flags['Time not set'], pairing: flags['Pairing Mode'], users }
}

export function decodeOmronAdvertisement(bytes: Uint8Array): Decoded {
  return decoded(readOmronAdvertisement(bytes).packet, [])
}

const MODES: Readonly<Record<string, string>> = { BLESmart_: 'transfer', BLEsmart_: 'pairing' }
const PREFIX_LENGTH = 9
const MODEL_LENGTH = 8

/** Models by the number in the name, as far as they were seen. */
const MODELS: Readonly<Record<string, string>> = { '00010112': 'SC-150', '0000021F': 'EVOLV' }

/** Local name: mode, number of the model, address. The capital S alone tells transfer from pairing. */
export function decodeOmronName(bytes: Uint8Array): Decoded {
  const packet = new PacketReader(bytes)
  const prefix = packet.text('Prefix', PREFIX_LENGTH)
  const mode = MODES[prefix]
  if (mode === undefined) throw new PreCareError('packet-malformed', 'the name is not one of an Omron device')
  packet.explain(`${mode} mode`)
  const model = packet.text('Model Identifier', MODEL_LENGTH)
  packet.explain(MODELS[model] ?? 'model not known')
  packet.text('Bluetooth Address', 12)
  return decoded(packet, [])
}

/** The counters of an advertisement; undefined where it has none that can be read. */
export function omronCounters(seen: Advertisement | undefined): OmronAdvertisement | undefined {
  if (seen?.manufacturerData === undefined) return undefined
  try {
    return readOmronAdvertisement(seen.manufacturerData)
  } catch (error) {
    // Somebody else's advertisement, or one cut short on air: then it says nothing about counters.
    if (!isPreCareError(error)) throw error
    return undefined
  }
}

const keyOf = (slot: number): string => `sequence-${slot}`

/** What to remember when everything up to these counters is here. */
export function remembered(users: readonly OmronUser[]): Readonly<Record<string, number>> {
  return Object.fromEntries(users.map(({ slot, sequence }) => [keyOf(slot), sequence]))
}

/** How many records of a user have been made since; 0 when the counter has not moved. */
export function newRecords(user: OmronUser, memory: Visit['memory']): number {
  const before = memory[keyOf(user.slot)]
  if (typeof before !== 'number') return user.records
  return Math.min(user.records, (user.sequence - before + SEQUENCE_SIZE) % SEQUENCE_SIZE)
}

/** True when some counter has moved, somebody wants to pair, or the device says nothing about counters. */
export function omronDue(seen: Advertisement, memory: Visit['memory']): boolean {
  const about = omronCounters(seen)
  if (about === undefined || about.pairing) return true
  return about.users.some(({ slot, sequence }) => memory[keyOf(slot)] !== sequence)
}
