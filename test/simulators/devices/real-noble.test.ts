import { afterEach, expect, it } from 'vitest'
import { createBloodPressureCuff } from '../../../simulators/devices/blood-pressure-cuff.ts'
import { createHeartRateBelt } from '../../../simulators/devices/heart-rate-belt.ts'
import { toHex } from '../../../simulators/encoders/byte-writer.ts'
import { scaledTime } from '../../../simulators/time.ts'
import { type Central, characteristic, event, openCentral } from '../bluetooth/central.ts'
import { aTestsSurroundings } from './place.ts'

let central: Central | undefined
afterEach(() => central?.close())

it('a cuff over real noble: told the time, subscribed to, emptied, and gone by itself', async () => {
  central = await openCentral()
  const { around } = aTestsSurroundings()
  const cuff = createBloodPressureCuff(
    {
      id: 'cuff-0001',
      address: 'c0:00:00:00:0f:01',
      wantsTimeFirst: true,
      leavesAfterMs: 20,
      advertisingIntervalMs: 5,
    },
    { ...around, time: scaledTime(1) },
  )
  cuff.attachTo(central.controller)
  const made = [120, 121, 122].map((systolic) => cuff.measure({ systolic, diastolic: 80, pulseRate: 70 }))
  const peripheral = await central.connect('c0:00:00:00:0f:01')
  const time = await characteristic(peripheral, '2a08')
  await time.writeAsync(Buffer.from('EA07010F0D0000', 'hex'), false)
  const measurement = (peripheral.services ?? []).flatMap((s) => s.characteristics).find((c) => c.uuid === '2a35')
  const heard: string[] = []
  measurement?.on('data', (bytes: Buffer) => heard.push(toHex(bytes)))
  const gone = event(peripheral, 'disconnect')
  await measurement?.subscribeAsync()
  await gone
  expect(heard).toEqual(made.map((r) => r.hex))
  expect(cuff.stored).toBe(0)
  cuff.close()
})

it('a belt over real noble: heart rates until it is taken off', async () => {
  central = await openCentral()
  const { around, time } = aTestsSurroundings()
  const belt = createHeartRateBelt(
    { id: 'belt-0001', address: 'c0:00:00:00:0f:02', settlesMs: 0, wornMs: 3_000, advertisingIntervalMs: 5 },
    around,
  )
  belt.attachTo(central.controller)
  const { hex } = belt.measure({ heartRate: 66 })
  const peripheral = await central.connect('c0:00:00:00:0f:02')
  const measurement = await characteristic(peripheral, '2a37')
  const heard: string[] = []
  measurement.on('data', (bytes: Buffer) => heard.push(toHex(bytes)))
  const gone = event(peripheral, 'disconnect')
  await measurement.subscribeAsync()
  time.advance(10_000)
  await gone
  expect(heard).toEqual([hex, hex, hex, '0400', '0400'])
  belt.close()
})
