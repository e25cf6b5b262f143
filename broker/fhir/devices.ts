import { KINDS } from '../../device-drivers/reading.ts'
import type { DeviceState } from '../contract/messages.ts'
import { organisationsFor } from '../grants.ts'
import type { Registry } from '../registry.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'
import { deviceOf, hubOf } from './device.ts'
import type { Device } from './resources.ts'

/** Devices of the citizens whose readings an organisation may have now, and the hubs they are at. */
export interface FhirDevices {
  all(organisation: string): readonly Device[]
}

export function openFhirDevices(
  journal: Journal,
  registry: Pick<Registry, 'grantsOf' | 'pseudonymsOf'>,
  clock: { now(): number },
  /** What a device last said of itself. */
  stateOf: (hub: string, device: string) => DeviceState | undefined,
): FhirDevices {
  const select = journal.database.prepare(
    `SELECT d.id, d.hub, d.driver, a.citizen FROM devices d JOIN assignments a ON a.device = d.id
     WHERE a.from_at <= ? AND (a.to_at IS NULL OR a.to_at > ?) ORDER BY d.id`,
  )
  return {
    all(organisation) {
      const now = isoTime(clock.now())
      const mayHave = (citizen: string) => {
        const grants = registry.grantsOf(citizen)
        return KINDS.some((kind) => organisationsFor(grants, citizen, kind, now).includes(organisation))
      }
      const pseudonym = registry.pseudonymsOf(organisation)
      const devices = new Map<string, Device>()
      const hubs = new Map<string, Device>()
      for (const row of select.all(now, now)) {
        if (!mayHave(String(row['citizen']))) continue
        const own = { device: String(row['id']), hub: String(row['hub']) }
        const state = stateOf(own.hub, own.device)
        const id = pseudonym === undefined ? own.device : pseudonym('device', own.device)
        const hub = pseudonym === undefined ? own.hub : pseudonym('hub', own.hub)
        devices.set(id, deviceOf({ id, hub, driver: String(row['driver']), ...(state === undefined ? {} : { state }) }))
        hubs.set(hub, hubOf(hub))
      }
      return [...devices.values(), ...hubs.values()]
    },
  }
}
