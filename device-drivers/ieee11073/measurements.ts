import type { Measurement } from '../driver.ts'
import { PreCareError } from '../errors.ts'
import { measurementTime } from '../gatt/date-time.ts'
import type { Kind, Status, Value } from '../reading.ts'
import { convert } from '../units.ts'
import { type Metric, MODALITY_FAST, metricOf } from './attributes.ts'
import { UNKNOWN_UNIT } from './observation.ts'
import type { Group, PersonalObservation } from './reports.ts'

/** From observations to the house's measurements: units, special values, circumstances. */

/** Highest user slot of a reading. */
const LAST_SLOT = 255

interface Found {
  readonly metric: Metric
  readonly value: Value
  readonly from: PersonalObservation
}

/** Beyond the range of a glucose meter: "HI" and "LO" on its display (IEEE 11073-10417). */
const BEYOND: Partial<Readonly<Record<string, readonly [Value, Status]>>> = {
  'positive-infinity': [{ absent: 'above-range', unit: 'mmol/L' }, 'result-too-high'],
  'negative-infinity': [{ absent: 'below-range', unit: 'mmol/L' }, 'result-too-low'],
}

function inHouseUnit({ metric, value, from }: Found): Value {
  if (from.notAvailable) return { absent: 'not-measured', unit: metric.unit }
  if (value.unit === UNKNOWN_UNIT) {
    throw new PreCareError('packet-malformed', `${metric.name} of object ${from.handle} comes in a unit nobody knows`)
  }
  return convert(value, metric.unit)
}

function beyondRange({ metric, value }: Found): readonly [Value, Status] | undefined {
  const isGlucose = metric.kind === 'glucose' || metric.kind === 'glucose-continuous'
  return isGlucose && 'absent' in value ? BEYOND[value.absent] : undefined
}

function found(group: Group): Found[] {
  // The fast response of an oximeter is the same quantity once more; the ordinary one goes before it.
  const ordinaryFirst = [...group].sort(
    (a, b) => Number(a.supplementalTypes.includes(MODALITY_FAST)) - Number(b.supplementalTypes.includes(MODALITY_FAST)),
  )
  return ordinaryFirst.flatMap((from) =>
    from.values.flatMap(({ code, value }) => {
      const metric = metricOf(code)
      return metric === undefined ? [] : [{ metric, value, from }]
    }),
  )
}

function measurementOf(kind: Kind, all: readonly Found[]): Measurement {
  const values: Record<string, Value> = {}
  const status = new Set<Status>()
  for (const one of all) {
    const { metric, from } = one
    if (values[metric.quantity] !== undefined) continue
    const beyond = from.notAvailable ? undefined : beyondRange(one)
    values[metric.quantity] = beyond?.[0] ?? inHouseUnit(one)
    for (const s of [...from.status, ...(metric.status ? [metric.status] : []), ...(beyond ? [beyond[1]] : [])]) {
      status.add(s)
    }
  }
  const timed = all.find((one) => one.from.time !== undefined)
  const { timing, status: timeStatus } = measurementTime(timed?.from.time)
  const site = all.find((one) => one.metric.site !== undefined)?.metric.site
  const person = all[0]?.from.person
  return {
    kind,
    values,
    status: [...status, ...timeStatus],
    ...timing,
    ...(site !== undefined && { site }),
    ...(person !== undefined && { slot: person }),
  }
}

/**
 * The measurements of one act: one for each kind, none when the house knows no value in it.
 * @throws PreCareError 'packet-malformed' for an unknown unit, or a person that no slot can name: a guess could give
 *   the reading to somebody else
 */
export function measurementsOf(group: Group): Measurement[] {
  const person = group[0]?.person
  if (person !== undefined && person > LAST_SLOT) {
    throw new PreCareError('packet-malformed', `person-id ${person} is beyond the last user slot ${LAST_SLOT}`)
  }
  const all = found(group)
  const kinds = [...new Set(all.map((one) => one.metric.kind))]
  return kinds.map((kind) =>
    measurementOf(
      kind,
      all.filter((one) => one.metric.kind === kind),
    ),
  )
}
