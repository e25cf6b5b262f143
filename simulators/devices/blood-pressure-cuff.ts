import { encodeBloodPressure, encodeCuffPressure } from '../encoders/blood-pressure.ts'
import { byteWriter } from '../encoders/byte-writer.ts'
import type { Quantity } from '../encoders/numbers.ts'
import { need, type Surroundings } from './device.ts'
import {
  createStoreAndForward,
  type StoreAndForwardDevice,
  type StoreAndForwardOptions,
  type VendorTraits,
} from './store-and-forward.ts'

export interface CuffOptions extends StoreAndForwardOptions {
  readonly unit?: 'mmHg' | 'kPa'
  /** Measurement status bits of every record (2A35): 4 = irregular pulse. */
  readonly status?: number
  /** Sends the mean pressure as NaN, as many cuffs do. */
  readonly withoutMean?: boolean
  /** Cuff pressures (2A36) notified at the start of a visit by a cuff that does not stop showing them. */
  readonly cuffPressures?: readonly number[]
}

/** Movement, cuff fit, irregular pulse and position detection (2A49). */
const FEATURES = 0b010111
const KPA_PER_MMHG = 0.133322
/** Whole mmHg, or kPa with one decimal, also where that is a zero. */
const inUnit = (unit: 'mmHg' | 'kPa', mmHg: number): Quantity =>
  unit === 'mmHg' ? Math.round(mmHg) : { value: mmHg * KPA_PER_MMHG, decimals: 1 }

/** Blood Pressure Service 0x1810: values systolic, diastolic, pulseRate in mmHg and beats per minute; two user slots. */
export function createBloodPressureCuff(
  options: CuffOptions,
  around: Surroundings,
  vendor: VendorTraits = {},
): StoreAndForwardDevice {
  const unit = options.unit ?? 'mmHg'
  return createStoreAndForward(
    {
      ...vendor,
      kind: 'blood-pressure',
      service: '1810',
      characteristic: '2A35',
      model: 'Cuff-1810',
      others: [
        { uuid: '2A36', properties: ['notify'] },
        { uuid: '2A49', properties: ['read'], value: byteWriter().u16(FEATURES).bytes() },
      ],
      encode: (values, { time, slot }) => {
        const systolic = need(values, 'systolic', options.id)
        const diastolic = need(values, 'diastolic', options.id)
        return encodeBloodPressure({
          unit,
          systolic: inUnit(unit, systolic),
          diastolic: inUnit(unit, diastolic),
          meanArterial: options.withoutMean ? 'not-a-number' : inUnit(unit, (systolic + 2 * diastolic) / 3),
          ...(time ? { time } : {}),
          pulseRate: Math.round(need(values, 'pulseRate', options.id)),
          ...(slot === undefined ? {} : { user: slot }),
          status: options.status ?? 0,
        })
      },
      beforeRecords: (link) => {
        for (const cuffPressure of options.cuffPressures ?? []) {
          link.notify('2A36', encodeCuffPressure({ unit, cuffPressure }))
        }
      },
    },
    options,
    around,
  )
}
