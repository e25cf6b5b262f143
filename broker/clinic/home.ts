import type { DeviceState, HubHealth } from '../contract/messages.ts'
import type { HubKnown } from '../hub-states.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'
import type { ShownDevice, ShownHub } from './shapes.ts'

/** What stands in a home, as it last told of itself: counts, ages and models, nothing that was measured. */

/** Only what is there: an absent field says that nobody told. */
const given = <T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never

const ofHealth = ({ version, update, clock, uptimeS, outbox, disk, radio }: HubHealth) =>
  given({
    version,
    update,
    clockSynced: clock.synced,
    uptimeS,
    unsent: outbox.unsent,
    oldestUnsentS: outbox.oldestUnsentS,
    diskPercent: disk?.usedPercent,
    diskAlarm: disk?.alarm,
    radio: radio && given({ state: radio.state, silentForS: radio.silentForS, step: radio.step }),
  })

/** Of ISO 8601 UTC. */
const later = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a

/** @param lastHeard ISO 8601, of the last look at which the hub was connected, also before this start of the broker */
export function shownHub(hub: string, known: HubKnown | undefined, lastHeard: string | undefined): ShownHub {
  const { since, problem, heardAt } = known ?? {}
  const heard = heardAt === undefined ? undefined : isoTime(heardAt)
  return {
    hub,
    state: known === undefined ? 'unknown' : known.online ? 'online' : 'offline',
    ...given({ since, problem, lastHeard: later(heard, lastHeard) }),
    ...(known?.health === undefined ? {} : ofHealth(known.health)),
  } as ShownHub
}

export interface Placed {
  readonly device: string
  readonly driver: string
  readonly hub: string
  /** Absent: the whole device. */
  readonly slot?: number
}

/** What the journal knows of a device beside what its hub has told since the broker started. */
type Known = Pick<ShownDevice, 'lastReading' | 'expectedBy'>

export function shownDevice(placed: Placed, state: DeviceState | undefined, known: Known): ShownDevice {
  const { driver: _, ...told } = state ?? { driver: '' }
  return { ...placed, ...given(known), ...given(told) } as ShownDevice
}

/** When each hub was last heard, by the look of each minute that the journal keeps. */
export function openLastHeard(journal: Journal): (hub: string) => string | undefined {
  const select = journal.database.prepare('SELECT last_heard FROM hub_watch WHERE hub = ?')
  return (hub) => {
    const row = select.get(hub)
    return row === undefined ? undefined : isoTime(Number(row['last_heard']))
  }
}
