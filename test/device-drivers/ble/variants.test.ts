import { describe, expect, test } from 'vitest'
import { bloodPressureDriver } from '../../../device-drivers/ble/blood-pressure.ts'
import { heartRateDriver } from '../../../device-drivers/ble/heart-rate.ts'
import { pulseOximeterDriver } from '../../../device-drivers/ble/pulse-oximeter.ts'
import { thermometerDriver } from '../../../device-drivers/ble/thermometer.ts'
import type { Variant } from '../../../device-drivers/ble/visit.ts'
import { weightScaleDriver } from '../../../device-drivers/ble/weight-scale.ts'
import type { Advertisement, BleDriver } from '../../../device-drivers/driver.ts'
import { eventsOf, scriptedGatt, VISIT } from '../scripted-link.ts'

/** A vendor's device is a SIG driver, a name and a quirk. */
const quirky: Variant = {
  about: { id: 'vendor-device', title: 'Device', vendor: 'Vendor', models: ['V1'], bonding: 'required' },
  match: (seen) => seen.name?.startsWith('V1_') === true,
  async *beforeSubscribe(link) {
    await link.write('FFF0', 'FFF1', Uint8Array.of(7))
    yield { type: 'identity', model: 'V1' }
  },
  decode: () => ({ measurements: [], fields: [] }),
}

const SEEN: Advertisement = {
  address: 'c0:ff:ee:00:00:02',
  addressType: 'public',
  name: 'V1_0001',
  services: [],
  serviceData: {},
  connectable: true,
  rssi: -60,
}

const BUILDERS: readonly [string, (variant: Variant) => BleDriver, string][] = [
  ['a cuff', bloodPressureDriver, '1810 2A35'],
  ['a scale', weightScaleDriver, '181D 2A9D'],
  ['a thermometer', thermometerDriver, '1809 2A1C'],
  ['an oximeter', pulseOximeterDriver, '1822 2A5E'],
  ['a strap', heartRateDriver, '180D 2A37'],
]

describe.each(BUILDERS)('%s with a quirk', (_, build, measurement) => {
  test('keeps the declaration of its service where it says nothing else', () => {
    const { about } = build(quirky)
    expect(about).toMatchObject({ id: 'vendor-device', bonding: 'required' })
    expect(about.sources.length * about.kinds.length).toBeGreaterThan(0)
  })

  test('is recognised and decoded in its own way', () => {
    const driver = build(quirky)
    expect(driver.match(SEEN)).toBe(true)
    expect(driver.match({ ...SEEN, name: 'V2_0001', services: [measurement.slice(0, 4)] })).toBe(false)
    expect(driver.decode([{ source: 'x', bytes: new Uint8Array() }])).toEqual({ measurements: [], fields: [] })
  })

  test('gets what it wants before measurements are enabled', async () => {
    const { link, log } = scriptedGatt({ writes: { 'FFF0 FFF1': true }, notifications: { [measurement]: [] } })
    const events = await eventsOf(build(quirky).session(link, VISIT))
    expect(log).toEqual(['write FFF1 07', `subscribe ${measurement.slice(5)}`])
    expect(events).toEqual([{ type: 'identity', model: 'V1' }])
  })
})
