import { expect, it } from 'vitest'
import { driverById } from '../../device-drivers/index.ts'
import { draftReadings } from '../../gateway/make-reading.ts'

it('carries everything a driver says of the circumstances: where on the body, whose slot, which record', () => {
  const driver = driverById('thermometer-service')
  if (driver === undefined) throw new Error('no thermometer driver')
  // 0x2A1C with the type: 37.6 Celsius in the ear (FF000178, flags 04).
  const record = [{ source: '2A1C', bytes: Uint8Array.from(Buffer.from('04780100ff03', 'hex')) }] as const
  const timing = { bootId: 'boot', heardAt: 0, clockSet: false }
  const [draft] = draftReadings(record, driver.decode(record), {
    device: 'thermometer-0001',
    about: driver.about,
    timing,
    occasion: { visit: 'visit-1', position: 0 },
  })
  expect(draft?.reading).toMatchObject({
    kind: 'temperature',
    values: { bodyTemperature: { value: 37.6, unit: 'Cel', decimals: 1 } },
    site: 'ear',
    raw: [{ source: '2A1C', hex: '04780100ff03' }],
  })
  const [again] = draftReadings(
    record,
    { fields: [], measurements: [{ kind: 'temperature', values: {}, status: [], slot: 2, sequence: 7 }] },
    { device: 'thermometer-0001', about: driver.about, timing, occasion: { visit: 'visit-2', position: 0 } },
  )
  expect(again?.reading).toMatchObject({ slot: 2, sequence: 7 })
})
