import { describe, expect, test } from 'vitest'
import { bloodPressureService } from '../../device-drivers/ble/blood-pressure.ts'
import { heartRateService } from '../../device-drivers/ble/heart-rate.ts'
import { weightScaleService } from '../../device-drivers/ble/weight-scale.ts'
import type { Declaration, Measurement, Packet } from '../../device-drivers/driver.ts'
import { hasOwnIdentity, readingId } from '../../device-drivers/reading-id.ts'
import { bytesOf } from './hex.ts'

const cuff = bloodPressureService.about
const strap = heartRateService.about

const packetOf = (hex: string): Packet => ({ source: '2A35', bytes: bytesOf(hex) })
const WITH_TIME = packetOf('02 7d00 5000 5f00 ea07 02 1c 07 0f 00')
const LATER = packetOf('02 7d00 5000 5f00 ea07 02 1c 07 0f 01')
const WITHOUT_TIME = packetOf('00 7d00 5000 5f00')

function idOf(
  packet: Packet,
  more: { device?: string; about?: Declaration; index?: number; visit?: string; position?: number } = {},
) {
  const [measurement] = bloodPressureService.decode([packet]).measurements
  if (measurement === undefined) throw new Error('no measurement')
  const { visit = 'boot-1', position = 0, ...rest } = more
  const occasion = { visit, position }
  return readingId({ device: 'cuff-0001', about: cuff, measurement, packet, index: 0, occasion, ...rest })
}

describe("a reading's id", () => {
  test('is the same for the same record, whenever and wherever it is read again', () => {
    expect(idOf(WITH_TIME)).toMatch(/^[a-z2-7]{32}$/)
    expect(idOf(WITH_TIME, { visit: 'boot-2' })).toBe(idOf(WITH_TIME))
  })

  test('differs for another time of the device, another device and another place in the packet', () => {
    const ids = [idOf(WITH_TIME), idOf(LATER), idOf(WITH_TIME, { device: 'cuff-0002' }), idOf(WITH_TIME, { index: 1 })]
    expect(new Set(ids).size).toBe(4)
  })

  test('knows the occasion only where the device tells no records apart', () => {
    expect(idOf(WITHOUT_TIME, { visit: 'boot-2' })).not.toBe(idOf(WITHOUT_TIME))
    expect(idOf(WITHOUT_TIME, { position: 1 })).not.toBe(idOf(WITHOUT_TIME))
    expect(idOf(WITHOUT_TIME)).toBe(idOf(WITHOUT_TIME))
  })

  test('rises with the position in the visit, for what is only ever heard once', () => {
    const positions = [0, 1, 9, 31, 32, 33, 1_023, 1_024, 99_999, 1_000_000]
    const ids = positions.map((position) => idOf(WITHOUT_TIME, { position }))
    expect(ids).toEqual([...new Set(ids)].sort())
    expect(ids.every((id) => /^[a-z2-7]{32}$/.test(id))).toBe(true)
    expect(idOf(WITHOUT_TIME, { index: 1 })).not.toBe(ids[0])
    expect(idOf(WITHOUT_TIME, { device: 'cuff-0002' }).slice(0, 16)).not.toBe(ids[0]?.slice(0, 16))
  })

  test('does not depend on context: only the first packet is part of it', () => {
    const packet = { source: '2A9D', bytes: bytesOf('02 b43c ea07 02 1c 07 0f 00') }
    const feature = { source: '2A9E', bytes: bytesOf('18000000') }
    const ids = [weightScaleService.decode([packet]), weightScaleService.decode([packet, feature])].map((about) => {
      const [measurement] = about.measurements
      if (measurement === undefined) throw new Error('no measurement')
      return readingId({
        device: 'scale-01',
        about: weightScaleService.about,
        measurement,
        packet,
        index: 0,
        occasion: { visit: 'a', position: 0 },
      })
    })
    expect(ids[0]).toBe(ids[1])
  })
})

test('a clock that was never set tells records apart only in a device that keeps records', () => {
  const unset: Measurement = {
    kind: 'heart-rate',
    values: {},
    status: [],
    deviceTime: '2015-01-01T00:00:00',
    clockUnset: true,
  }
  expect(hasOwnIdentity(cuff, unset)).toBe(true)
  expect(hasOwnIdentity(strap, unset)).toBe(false)
  expect(hasOwnIdentity(strap, { ...unset, clockUnset: false })).toBe(true)
  expect(hasOwnIdentity(strap, { ...unset, sequence: 3 })).toBe(true)
  expect(hasOwnIdentity(cuff, { kind: 'weight', values: {}, status: [] })).toBe(false)
})
