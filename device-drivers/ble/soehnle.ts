import type { BleDriver, Decoded, Measurement, RawRecord } from '../driver.ts'
import { withImplausible } from '../quantities.ts'
import { isNumber, type Value } from '../reading.ts'
import { bodyCompositionDriver } from './body-composition.ts'
import { named } from './visit.ts'

/**
 * Soehnle Shape Sense Connect 50: packets of 0x2A9C in other steps than the specification's. By those 74.4 kg would be
 * 3.72 kg (recording in oliexdev/openScale#1303).
 */

/** Until somebody has stood still with bare feet the packet is full of zeros. */
function asMeasured(value: Value): Value {
  return isNumber(value) && value.value === 0 ? { absent: 'not-measured', unit: value.unit } : value
}

function corrected(measurement: Measurement): Measurement {
  const { basalMetabolism: _, ...sent } = measurement.values
  const values = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, asMeasured(value)]))
  // Judged before with the zeros.
  const status = measurement.status.filter((each) => each !== 'implausible')
  return withImplausible({ ...measurement, values, status })
}

const inOwnSteps = bodyCompositionDriver({
  about: {
    id: 'soehnle-scale',
    title: 'Soehnle body composition scale',
    vendor: 'Soehnle',
    models: ['Shape Sense Connect 50 (Shape50)'],
    evidence: 'captured from a device',
    sources: ['recording in oliexdev/openScale#1303'],
    quirks: [
      'weight in steps of 0.1 kg, water in percent',
      'zeros where nothing was measured',
      'its energy is neither the basal rate nor in kJ, and is left out',
      'a weight in 0x2A9D is read by the specification: nobody has recorded one',
    ],
  },
  match: named(/^Shape50/),
  scales: {
    weight: { times: 1, exponent: -1, unit: 'kg' },
    bodyWater: { times: 1, exponent: -1, unit: '%' },
  },
})

export const soehnleScale: BleDriver = {
  ...inOwnSteps,
  decode(record: RawRecord): Decoded {
    const about = inOwnSteps.decode(record)
    return { ...about, measurements: about.measurements.map(corrected) }
  },
}
