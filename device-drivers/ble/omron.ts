import type { Advertisement, BleDriver, GattLink, SessionEvent, Visit } from '../driver.ts'
import { isPreCareError } from '../errors.ts'
import { writeCurrentTime } from '../gatt/date-time.ts'
import { CHARACTERISTIC, SERVICE } from '../gatt/uuids.ts'
import { bloodPressureDriver } from './blood-pressure.ts'
import { settleAt } from './device-clock.ts'
import { readIfPresent } from './identity.ts'
import { newRecords, omronCounters, omronDue, remembered } from './omron-advertisement.ts'
import { advertises, named, type Variant } from './visit.ts'
import { weightScaleDriver } from './weight-scale.ts'

/**
 * Omron Healthcare: SIG services, a clock that is to be set when the device says its own, and advertisements that tell
 * whether there is anything new, so that a device which advertises for ever is visited only when somebody has measured.
 */

const isOmron = named(/^BLE[Ss]mart_/)
const omronWith =
  (service: string) =>
  (seen: Advertisement): boolean =>
    (isOmron(seen) || omronCounters(seen) !== undefined) && advertises(service)(seen)

/** The device notifies its time as soon as it is asked to; one that does not has a clock like everybody's. */
const CLOCK_WITHIN_MS = 2_000

const CLOCK = {
  service: SERVICE.currentTime,
  characteristic: CHARACTERISTIC.currentTime,
  write: writeCurrentTime,
}

async function first(values: AsyncIterable<Uint8Array>): Promise<Uint8Array | undefined> {
  for await (const bytes of values) return bytes
  return undefined
}

/** Sets the clock when the device has notified it, which is what these devices wait for. */
async function* settleOmronClock(link: GattLink, visit: Visit): AsyncGenerator<SessionEvent, void> {
  const { service, characteristic } = CLOCK
  if (!link.has(service, characteristic)) return
  const notified = await first(await link.subscribe(service, characteristic, { idleMs: CLOCK_WITHIN_MS }))
  yield* settleAt(link, visit, CLOCK, notified ?? (yield* readIfPresent(link, service, characteristic)))
}

/** True while the device still answers: it fell silent because it has nothing more, and not because it is out of reach. */
async function isThere(link: GattLink): Promise<boolean> {
  try {
    await link.read(CLOCK.service, CLOCK.characteristic)
    return true
  } catch (error) {
    if (!isPreCareError(error)) throw error
    return error.code === 'device-refused'
  }
}

/**
 * Counters are remembered only when all that they promised has come, or the device has said that there is no more. A
 * link that broke in the middle is no such thing: then the next advertisement is answered again.
 */
async function* withCounters(
  link: GattLink,
  visit: Visit,
  events: AsyncIterable<SessionEvent>,
): AsyncGenerator<SessionEvent, void> {
  let records = 0
  for await (const event of events) {
    if (event.type === 'record') records += 1
    yield event
  }
  const users = omronCounters(visit.advertisement)?.users
  if (users === undefined) return
  const promised = users.reduce((sum, user) => sum + newRecords(user, visit.memory), 0)
  if ((records > 0 && records >= promised) || (await isThere(link))) {
    yield { type: 'remember', remember: remembered(users) }
  }
}

function omronDriver(
  build: (variant: Variant) => BleDriver,
  service: string,
  about: Pick<Variant['about'], 'id' | 'title' | 'models'>,
): BleDriver {
  const driver = build({
    about: {
      ...about,
      vendor: 'Omron Healthcare',
      userSlots: 'required',
      bonding: 'required',
      evidence: 'specification only',
      sources: ["Omron's OHQ reference code", 'github.com/StanfordSpezi/SpeziDevices, SpeziOmron'],
      quirks: [
        'visited only when a counter in its advertisement has moved',
        'clock set when it notifies its time',
        'paired with its button held for three seconds (name BLEsmart_ instead of BLESmart_)',
      ],
    },
    match: omronWith(service),
    settleClock: settleOmronClock,
  })
  return {
    ...driver,
    due: omronDue,
    session: (link, visit) => withCounters(link, visit, driver.session(link, visit)),
  }
}

export const omronBloodPressure = omronDriver(bloodPressureDriver, SERVICE.bloodPressure, {
  id: 'omron-blood-pressure',
  title: 'Omron blood pressure monitor',
  models: ['BP5250', 'EVOLV (HEM-7600T)', 'others with 0x1810'],
})

export const omronScale = omronDriver(weightScaleDriver, SERVICE.weightScale, {
  id: 'omron-scale',
  title: 'Omron scale',
  models: ['SC-150', 'others with 0x181D'],
})
