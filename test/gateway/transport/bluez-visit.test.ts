import { expect, onTestFinished, test } from 'vitest'
import { drivers } from '../../../device-drivers/index.ts'
import { pairingWish } from '../../../gateway/transport/bluez/pairing.ts'
import { createBloodPressureCuff } from '../../../simulators/devices/blood-pressure-cuff.ts'
import { realTime } from '../../../simulators/time.ts'
import { aTestsSurroundings } from '../../simulators/devices/place.ts'
import { startBluezHub, withDbus } from './bluez-fixture.ts'

const ADDRESS = 'c0:00:00:00:0f:01'

withDbus('a visit through bluetoothd', () => {
  test('a real driver empties the memory of a cuff that wants a bond', async () => {
    const { bluez, transport } = await startBluezHub({ wish: pairingWish({}, 'required') })
    const { around } = aTestsSurroundings()
    const cuff = createBloodPressureCuff(
      { id: 'cuff-0001', address: ADDRESS, security: 'just-works', leavesAfterMs: 20, advertisingIntervalMs: 5 },
      { ...around, time: realTime() },
    )
    onTestFinished(() => cuff.close())
    cuff.attachTo(bluez)
    const made = [120, 121, 122].map((systolic) => cuff.measure({ systolic, diastolic: 80, pulseRate: 70 }))
    const driver = drivers.find(({ about }) => about.id === 'blood-pressure-service')
    if (driver?.transport !== 'ble') throw new Error('no driver')
    const link = await transport.connect(ADDRESS, new AbortController().signal)
    const records: string[] = []
    const battery: number[] = []
    for await (const event of driver.session(link, { localTime: () => undefined, memory: {}, options: {} })) {
      if (event.type === 'record') records.push(Buffer.from(event.record[0].bytes).toString('hex').toUpperCase())
      if (event.type === 'battery') battery.push(event.percent)
    }
    expect(records).toEqual(made.map(({ hex }) => hex))
    expect(battery).toHaveLength(1)
    expect(cuff.stored).toBe(0)
  })
})
