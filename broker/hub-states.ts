import {
  type DeviceState,
  deviceStateSchema,
  type HubHealth,
  hubHealthSchema,
  hubStateSchema,
} from './contract/messages.ts'
import { depthOf } from './parse-readings.ts'

/** What hubs say about themselves and their devices, newest only, in memory: retained topics and metrics come from it. */

/** A clinic lends a home a handful of devices; more retained topics than this is a fault or an attack. */
const MAX_DEVICES = 64
/** Ten times the longest that a hub of this version sends. */
const MAX_PAYLOAD = 8 * 1024
/** Health has two levels; parsing recurses. */
const MAX_DEPTH = 8

/**
 * Where a message comes from. The first state of a connection is taken as it is: a hub with a new card begins to count
 * at 1 again. A will says the session of its own connection and must not end another's.
 */
export type Origin = 'first' | 'later' | 'will'
export type Channel = 'state' | 'health' | 'devices'
/** accepted: pass it on. late: a will of a session that a newer one has replaced. malformed: breaks the schema. */
export type StateVerdict = 'accepted' | 'late' | 'malformed'

export interface HubKnown {
  readonly hub: string
  /** A connection that answers stands. */
  readonly online: boolean
  /** As the hub said with its newest state: since when, and what keeps it from receiving. */
  readonly since: string | undefined
  readonly problem: string | undefined
  /** When its newest message came, whatever it said; ms since 1970 UTC. A will is not the hub speaking. */
  readonly heardAt: number | undefined
  readonly health: HubHealth | undefined
  readonly devices: ReadonlyMap<string, DeviceState>
}

interface HubRecord {
  session: number
  online: boolean
  since: string | undefined
  problem: string | undefined
  health: HubHealth | undefined
  readonly devices: Map<string, DeviceState>
}

export class HubStates {
  readonly #hubs = new Map<string, HubRecord>()
  readonly #heard = new Map<string, number>()

  /** @param device the device's id on channel 'devices'; an empty payload there forgets it (MQTT 3.1.1, 3.3.1.3) */
  accept(hub: string, channel: Channel, device: string | undefined, payload: Uint8Array, origin: Origin): StateVerdict {
    const record = this.#record(hub)
    if (channel === 'devices' && device !== undefined && payload.length === 0) {
      record.devices.delete(device)
      return 'accepted'
    }
    const json = parse(payload)
    if (channel === 'state') return acceptState(record, json, origin)
    if (channel === 'health') return acceptHealth(record, json)
    return acceptDevice(record, device, json)
  }

  /** A message of the hub itself has come. @param at ms since 1970 UTC */
  heard(hub: string, at: number): void {
    this.#heard.set(hub, at)
  }

  /** Newest health of each hub that sent one. */
  *healths(): Generator<readonly [hub: string, health: HubHealth]> {
    for (const [hub, record] of this.#hubs) if (record.health !== undefined) yield [hub, record.health]
  }

  /** What a device last said of itself, as its hub passed it on since the broker started. */
  device(hub: string, device: string): DeviceState | undefined {
    return this.#hubs.get(hub)?.devices.get(device)
  }

  /** What is known of each hub that ever said something since the broker started. */
  *known(): Generator<HubKnown> {
    for (const [hub, record] of this.#hubs) yield this.#knownOf(hub, record)
  }

  /** The same of one hub; undefined when it said nothing since the broker started. */
  hub(hub: string): HubKnown | undefined {
    const record = this.#hubs.get(hub)
    return record === undefined ? undefined : this.#knownOf(hub, record)
  }

  /** Hubs whose newest state is online. */
  get online(): number {
    let count = 0
    for (const record of this.#hubs.values()) if (record.online) count += 1
    return count
  }

  #record(hub: string): HubRecord {
    const known = this.#hubs.get(hub)
    if (known !== undefined) return known
    const [since, problem, health] = [undefined, undefined, undefined]
    const record: HubRecord = { session: 0, online: false, since, problem, health, devices: new Map() }
    this.#hubs.set(hub, record)
    return record
  }

  #knownOf(hub: string, { online, since, problem, health, devices }: HubRecord): HubKnown {
    return { hub, online, since, problem, heardAt: this.#heard.get(hub), health, devices }
  }
}

function acceptState(record: HubRecord, json: unknown, origin: Origin): StateVerdict {
  const parsed = hubStateSchema.safeParse(json)
  if (!parsed.success) return 'malformed'
  const { session } = parsed.data
  if (
    origin === 'will'
      ? session !== record.session && record.session > 0
      : origin === 'later' && session < record.session
  )
    return 'late'
  record.session = session
  record.online = parsed.data.state === 'online'
  record.since = parsed.data.since
  record.problem = parsed.data.problem
  return 'accepted'
}

function acceptHealth(record: HubRecord, json: unknown): StateVerdict {
  const parsed = hubHealthSchema.safeParse(json)
  if (!parsed.success) return 'malformed'
  record.health = parsed.data
  return 'accepted'
}

function acceptDevice(record: HubRecord, device: string | undefined, json: unknown): StateVerdict {
  const parsed = deviceStateSchema.safeParse(json)
  if (device === undefined || !parsed.success) return 'malformed'
  if (!record.devices.has(device) && record.devices.size >= MAX_DEVICES) return 'malformed'
  record.devices.set(device, parsed.data)
  return 'accepted'
}

/** Undefined, which no schema takes, for what is too long, too deep or no JSON. */
function parse(payload: Uint8Array): unknown {
  if (payload.length > MAX_PAYLOAD || depthOf(payload) > MAX_DEPTH) return undefined
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'))
  } catch {
    return undefined
  }
}
