import { describe, expect, it } from 'vitest'
import { createContinuousOximeter } from '../../../simulators/devices/continuous-oximeter.ts'
import { createHeartRateBelt } from '../../../simulators/devices/heart-rate-belt.ts'
import { aPlace, aTestsSurroundings } from './place.ts'

const where = { id: 'stream-0001', address: 'c0:00:00:00:00:03' }

describe('a device that is worn', () => {
  it('a belt finds the heart, then loses contact, says so and leaves', () => {
    const { around, time } = aTestsSurroundings()
    const belt = createHeartRateBelt({ ...where, settlesMs: 2_000, wornMs: 4_000 }, around)
    const radio = aPlace()
    belt.attachTo(radio.place)
    expect(radio.advertising).toBeUndefined()
    belt.measure({ heartRate: 64 })
    expect(radio.advertising).toBe('on')
    radio.connect()
    time.advance(6_000)
    const packets = ['0600', '0600', '1640C003', '1640C003', '0400', '0400'].map((hex) => `notified 2A37 ${hex}`)
    expect(radio.log).toEqual([...packets, 'disconnected 0x13'])
    expect(radio.advertising).toBeUndefined()
  })

  it('an oximeter sends early estimates that are wrong before the value that holds', () => {
    const { around, time, emitted } = aTestsSurroundings()
    const oximeter = createContinuousOximeter({ ...where, settlesMs: 1_000, wornMs: 2_000 }, around)
    const radio = aPlace()
    oximeter.attachTo(radio.place)
    oximeter.measure({ oxygenSaturation: 90, pulseRate: 80 })
    radio.connect()
    time.advance(2_000)
    expect(radio.log).toEqual([
      'notified 2A5F 0C570050006000000000',
      'notified 2A5F 0C5A0050000001000000',
      'notified 2A5F 0CFF07FF070020000800',
    ])
    expect(emitted[0]).toMatchObject({ hex: '0C5A0050000001000000', delivery: 'live' })
  })

  it('goes on with another value without settling anew when it measures again while it is worn', () => {
    const { around, time } = aTestsSurroundings()
    const belt = createHeartRateBelt({ ...where, settlesMs: 1_000, wornMs: 3_000 }, around)
    const radio = aPlace()
    belt.attachTo(radio.place)
    belt.measure({ heartRate: 64 })
    radio.connect()
    time.advance(2_000)
    belt.measure({ heartRate: 80 })
    time.advance(2_000)
    expect(radio.log.map((l) => l.slice(14, 18))).toEqual(['0600', '1640', '1640', '1650', '1650'])
  })

  it('advertises again when the link was lost while it is worn', async () => {
    const { around } = aTestsSurroundings()
    const belt = createHeartRateBelt(where, around)
    const radio = aPlace()
    belt.attachTo(radio.place)
    belt.measure({ heartRate: 64 })
    radio.connect()
    await radio.lose()
    expect(radio.advertising).toBe('on')
  })
})
