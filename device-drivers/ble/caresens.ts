import type { Decoded, GattLink, Measurement, RawRecord, SessionEvent, Visit } from '../driver.ts'
import { isPreCareError } from '../errors.ts'
import { writeDateTime } from '../gatt/date-time.ts'
import { CHARACTERISTIC } from '../gatt/uuids.ts'
import { withImplausible } from '../quantities.ts'
import type { Value } from '../reading.ts'
import { rejected } from '../rejected.ts'
import { rounded } from '../units.ts'
import { settleClock } from './device-clock.ts'
import { glucoseDriver } from './glucose.ts'
import { mealOf } from './glucose-context.ts'
import { decodeGlucose } from './glucose-measurement.ts'
import { named } from './visit.ts'

/** i-SENS CareSens: the Glucose Service, ketone measurements in disguise, and a clock of its own. */

/** Firmware 1.4 and 1.5. */
const CLOCKS = [
  ['FFF0', 'FFF1'],
  ['C4DEA0105A9D11E98647D663BD873D93', 'C4DEA3BC5A9D11E98647D663BD873D93'],
] as const
const SET_TIME = [0xc0, 0x03, 0x01, 0x00]
/** The clock is said to answer with a notification that begins with 05; the time set is not read back. */
const ANSWER_WITHIN_MS = 2_000

/** The clock can be set, not read. A meter without it may still have the one of the SIG. */
async function* setOwnClock(link: GattLink, visit: Visit): AsyncGenerator<SessionEvent, void> {
  const place = CLOCKS.find(([service, characteristic]) => link.has(service, characteristic))
  if (place === undefined) {
    yield* settleClock(link, visit, '1808')
    return
  }
  const local = visit.localTime()
  if (local === undefined) return
  const [service, characteristic] = place
  try {
    const answers = await link.subscribe(service, characteristic, { idleMs: ANSWER_WITHIN_MS })
    await link.write(service, characteristic, Uint8Array.of(...SET_TIME, ...writeDateTime(local)), 'request')
    for await (const _ of answers) {
      yield { type: 'clock-set' }
      return
    }
  } catch (error) {
    if (!isPreCareError(error) || error.retry === 'transient') throw error
    yield rejected(characteristic, new Uint8Array(), error)
  }
}

/** Meal 6 in the context: the record is of ketone, in tenths of mmol/L where a glucose record has mg/dL. */
const KETONE_MEAL = 6
const MG_DL_PER_MMOL_L_OF_KETONE = 10

function ketoneOf(bytes: Uint8Array): Value {
  const field = decodeGlucose(bytes).fields.find(({ name }) => name === 'Glucose Concentration')
  if (typeof field?.value !== 'number') return { absent: 'not-a-number', unit: 'mmol/L' }
  const mgPerDl = field.value * 1e5
  return { value: rounded(mgPerDl / MG_DL_PER_MMOL_L_OF_KETONE, 1), unit: 'mmol/L', decimals: 1 }
}

function asKetone(measurement: Measurement, bytes: Uint8Array): Measurement {
  const { glucose } = measurement.values
  const ketone = glucose && 'absent' in glucose ? glucose : ketoneOf(bytes)
  // Judged as glucose before.
  const status = measurement.status.filter((each) => each !== 'implausible')
  return withImplausible({ ...measurement, kind: 'ketone', values: { ketone }, status })
}

function decode([packet, ...contexts]: RawRecord): Decoded {
  const about = decodeGlucose(packet.bytes)
  const isKetone = contexts
    .filter(({ source }) => source === CHARACTERISTIC.glucoseMeasurementContext)
    .some(({ bytes }) => mealOf(bytes) === KETONE_MEAL)
  return isKetone ? { ...about, measurements: about.measurements.map((m) => asKetone(m, packet.bytes)) } : about
}

export const careSens = glucoseDriver({
  about: {
    id: 'caresens',
    title: 'Glucose meter CareSens',
    vendor: 'i-SENS',
    models: ['CareSens N Premier', 'CareSens Dual'],
    kinds: ['glucose', 'ketone'],
    evidence: 'specification only',
    sources: ['i-SENS BLE example application (DeviceContext.m)', 'NightscoutFoundation/xDrip, BluetoothGlucoseMeter'],
    quirks: [
      'meal 6 in the context makes the record a ketone measurement',
      'its clock (FFF0 or C4DEA010) can be set but not read',
      'ends a transfer with "no records found" in firmware before 1.5',
    ],
  },
  match: named(/^CareSens/i),
  settleClock: setOwnClock,
  decode,
})
