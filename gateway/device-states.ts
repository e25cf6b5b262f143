import { type DeviceState, deviceStateSchema } from '../broker/contract/messages.ts'
import { topics } from '../broker/contract/topics.ts'
import type { HubClock } from './hub-clock.ts'
import { instantsOf, naiveMs, utcText } from './local-time.ts'
import type { OutboxNotes } from './outbox-notes.ts'
import type { DeviceFacts, VisitReport } from './session.ts'

export interface DeviceStatesOptions {
  readonly hub: string
  readonly zone: string
  readonly clock: HubClock
  readonly notes: Pick<OutboxNotes, 'get' | 'set'>
  readonly publish: (topic: string, payload: string) => void
}

/** A moved "last seen" alone is not worth a write to the card more often than this. */
const NOTED_EVERY_MS = 15 * 60_000
/** While a line stays open for days, its readings move the state at most this often. */
const MOVED_EVERY_MS = 60_000

const noteName = (device: string): string => `device/${device}`

interface Entry {
  state: DeviceState
  /** The state as it was noted, without its times; and when. */
  noted: string
  notedAt: number
  movedAt: number
}

function timeless({ lastSeen: _, lastReading: __, clockOffsetMs: ___, ...lasting }: DeviceState): string {
  return JSON.stringify(lasting)
}

/** What the hub last knew of each device; outlives a restart, so that a retained battery level does not vanish. */
export class DeviceStates {
  readonly #options: DeviceStatesOptions
  readonly #entries = new Map<string, Entry>()

  constructor(options: DeviceStatesOptions, devices: readonly { readonly id: string; readonly driver: string }[]) {
    this.#options = options
    for (const device of devices) this.add(device)
  }

  /** Knows a device from now on, with what was noted of it before. */
  add({ id, driver }: { readonly id: string; readonly driver: string }): void {
    const noted = this.#options.notes.get(noteName(id))
    const known = noted === undefined ? undefined : deviceStateSchema.safeParse(JSON.parse(noted)).data
    const state = { ...known, driver }
    const never = Number.NEGATIVE_INFINITY
    this.#entries.set(id, { state, noted: timeless(state), notedAt: never, movedAt: never })
  }

  remove(id: string): void {
    this.#entries.delete(id)
  }

  of(id: string): DeviceState | undefined {
    return this.#entries.get(id)?.state
  }

  /** A reading of the device was stored, in a visit that goes on. */
  async stored(device: string): Promise<void> {
    const entry = this.#entries.get(device)
    if (entry === undefined || this.#options.clock.now() - entry.movedAt < MOVED_EVERY_MS) return
    await this.#change(device, entry, this.#times(true))
  }

  /** After a visit. @param problem code of the error table, when it failed */
  async visited(device: string, report: VisitReport, problem: string | undefined): Promise<void> {
    const entry = this.#entries.get(device)
    if (entry === undefined) return
    const { problem: _, ...before } = entry.state
    // An open port that stayed silent is no sign of the device.
    const heard = report.records > 0 || Object.keys(report.facts).length > 0
    const state = {
      ...before,
      ...(heard ? this.#times(report.stored > 0) : {}),
      ...this.#facts(report.facts),
      ...(problem === undefined ? {} : { problem }),
    }
    await this.#change(device, entry, state)
  }

  /** There was no visit. @param code why, of the error table */
  async unreachable(device: string, code: string): Promise<void> {
    const entry = this.#entries.get(device)
    if (entry !== undefined) await this.#change(device, entry, { problem: code })
  }

  *retained(): Iterable<readonly [topic: string, payload: string]> {
    for (const [device, { state }] of this.#entries) {
      yield [topics.hubDevice(this.#options.hub, device), JSON.stringify(state)]
    }
  }

  async #change(device: string, entry: Entry, change: Partial<DeviceState>): Promise<void> {
    const { hub, notes, publish, clock } = this.#options
    const before = JSON.stringify(entry.state)
    entry.state = change.driver === undefined ? { ...entry.state, ...change } : { ...change, driver: change.driver }
    const text = JSON.stringify(entry.state)
    if (text === before) return
    entry.movedAt = clock.now()
    publish(topics.hubDevice(hub, device), text)
    const lasting = timeless(entry.state)
    if (lasting === entry.noted && clock.now() - entry.notedAt < NOTED_EVERY_MS) return
    entry.noted = lasting
    entry.notedAt = clock.now()
    await notes.set(noteName(device), text)
  }

  #times(stored: boolean): Partial<DeviceState> {
    const wall = this.#options.clock.wall()
    if (wall === undefined) return {}
    return { lastSeen: utcText(wall), ...(stored ? { lastReading: utcText(wall) } : {}) }
  }

  #facts({ model, firmware, batteryPercent, clockRead }: DeviceFacts): Partial<DeviceState> {
    const { clock, zone } = this.#options
    const readAt = clockRead && clock.wallAt(clock.bootId, clockRead.readAt)
    const shown = clockRead && naiveMs(clockRead.deviceNow)
    const offset = readAt === undefined || shown === undefined ? undefined : readAt - instantsOf(shown, zone)[0]
    return {
      ...(model === undefined ? {} : { model }),
      ...(firmware === undefined ? {} : { firmware }),
      ...(batteryPercent === undefined ? {} : { batteryPercent }),
      ...(offset === undefined ? {} : { clockOffsetMs: Math.round(offset) }),
    }
  }
}
