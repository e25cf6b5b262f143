import { glucoseDriver } from './glucose.ts'
import { decodeGlucose } from './glucose-measurement.ts'
import { named } from './visit.ts'

/** TaiDoc meters: the Glucose Service, but the numbers of the records count from the newest, which has 0. */
export const taiDoc = glucoseDriver({
  about: {
    id: 'taidoc',
    title: 'Glucose meter TaiDoc',
    vendor: 'TaiDoc',
    models: ['TD-4xxx with Bluetooth'],
    setsClock: false,
    evidence: 'specification only',
    sources: ['Bluetooth SIG, Glucose Service 1.0.1', 'NightscoutFoundation/xDrip, BluetoothGlucoseMeter'],
    quirks: [
      'counts records from the newest: the number is blanked, everything is read at each visit and known by its time',
      'has no clock service',
    ],
  },
  match: named(/^TAIDOC/i),
  countsFromNewest: true,
  async *settleClock() {},
  decode: ([packet]) => {
    const { measurements, ...rest } = decodeGlucose(packet.bytes)
    return { ...rest, measurements: measurements.map(({ sequence: _, ...measurement }) => measurement) }
  },
})
