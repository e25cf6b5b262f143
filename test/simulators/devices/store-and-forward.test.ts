import { describe, expect, it } from 'vitest'
import { AttError } from '../../../simulators/bluetooth/peripheral.ts'
import { createBloodPressureCuff } from '../../../simulators/devices/blood-pressure-cuff.ts'
import { createSpotCheckOximeter } from '../../../simulators/devices/spot-check-oximeter.ts'
import type { StoreAndForwardOptions } from '../../../simulators/devices/store-and-forward.ts'
import { createThermometer } from '../../../simulators/devices/thermometer.ts'
import { createWeightScale } from '../../../simulators/devices/weight-scale.ts'
import { aPlace, aTestsSurroundings, settled } from './place.ts'

const pressure = (systolic: number) => ({ systolic, diastolic: 80, pulseRate: 70 })

function aCuff(habits: Partial<StoreAndForwardOptions> = {}) {
  const surroundings = aTestsSurroundings()
  const cuff = createBloodPressureCuff(
    { id: 'cuff-0001', address: 'c0:00:00:00:00:01', ...habits },
    surroundings.around,
  )
  const radio = aPlace()
  cuff.attachTo(radio.place)
  /** The indications, told apart by their systolic pressure. */
  const indicated = (): number[] =>
    radio.log.filter((l) => l.startsWith('indicated 2A35')).map((l) => Number.parseInt(l.slice(17, 19), 16))
  return { ...surroundings, cuff, radio, indicated }
}

describe('a device that stores and forwards', () => {
  it('advertises for 30 s after a measurement and not before', () => {
    const { cuff, radio } = aCuff()
    expect(radio.advertising).toBeUndefined()
    cuff.measure(pressure(120))
    expect(radio.advertising).toBe(30_000)
  })

  it('hands its records over one by one, each after the confirmation of the one before, and then leaves', async () => {
    const { cuff, radio, indicated, time } = aCuff()
    for (const systolic of [120, 121, 122]) cuff.measure(pressure(systolic))
    radio.connect()
    expect(indicated()).toEqual([])
    radio.subscribe('2A35')
    expect(indicated()).toEqual([120])
    await radio.confirm()
    expect(indicated()).toEqual([120, 121])
    await radio.confirm()
    await radio.confirm()
    expect(indicated()).toEqual([120, 121, 122])
    expect(radio.connected).toBe(true)
    time.advance(300)
    expect(radio.log.at(-1)).toBe('disconnected 0x13')
    expect(cuff.stored).toBe(0)
    time.advance(5_000)
    expect(radio.advertising).toBeUndefined()
  })

  it('keeps a record that nobody confirmed, and offers it again at the next visit', async () => {
    const { cuff, radio, indicated, time } = aCuff()
    cuff.measure(pressure(120))
    cuff.measure(pressure(121))
    radio.connect()
    radio.subscribe('2A35')
    await radio.confirm()
    await radio.lose()
    expect(cuff.stored).toBe(1)
    expect(cuff.interruptions).toEqual(['link is gone'])
    time.advance(5_000)
    expect(radio.advertising).toBe(30_000)
    radio.connect()
    radio.subscribe('2A35')
    expect(indicated()).toEqual([120, 121, 121])
    await radio.confirm()
    expect(cuff.stored).toBe(0)
  })

  it('stops advertising for a record that is older than its patience', async () => {
    const { cuff, radio, time } = aCuff({ advertiseMs: 3_000 })
    cuff.measure(pressure(120))
    radio.connect()
    time.advance(4_000)
    await radio.lose()
    time.advance(10_000)
    expect(radio.advertising).toBeUndefined()
    expect(cuff.stored).toBe(1)
  })

  it('offers everything at every visit when that is its habit, and says that it must be stored exactly once', async () => {
    const { cuff, radio, indicated, time, emitted } = aCuff({ keepsSent: true, advertiseMs: 'always', restMs: 500 })
    cuff.measure(pressure(120))
    cuff.measure(pressure(121))
    for (let visit = 0; visit < 2; visit++) {
      radio.connect()
      radio.subscribe('2A35')
      await radio.confirm()
      await radio.confirm()
      time.advance(300)
      expect(radio.advertising).toBeUndefined()
      time.advance(500)
      expect(radio.advertising).toBe('on')
    }
    expect(indicated()).toEqual([120, 121, 120, 121])
    expect(emitted.map((r) => r.delivery)).toEqual(['kept', 'kept'])
    expect(new Set(emitted.map((r) => r.key)).size).toBe(2)
  })

  it('sends a measurement made while a visit is on in that visit', async () => {
    const { cuff, radio, indicated, time } = aCuff()
    cuff.measure(pressure(120))
    radio.connect()
    radio.subscribe('2A35')
    await radio.confirm()
    time.advance(200)
    cuff.measure(pressure(121))
    time.advance(200)
    expect(radio.connected).toBe(true)
    expect(indicated()).toEqual([120, 121])
  })

  it('hands out nothing before it was told the time, when it wants that first', async () => {
    const { cuff, radio, indicated, time } = aCuff({ wantsTimeFirst: true })
    cuff.measure(pressure(120))
    radio.connect()
    radio.subscribe('2A35')
    time.advance(300)
    expect(indicated()).toEqual([])
    expect(radio.connected).toBe(false)
    time.advance(0)
    radio.connect()
    radio.write('2A08', 'EA07010F0D0000')
    radio.subscribe('2A35')
    await settled()
    expect(indicated()).toEqual([120])
    expect(radio.read('2A08')).toBe('EA07010F0D0000')
  })

  it('refuses a date that does not exist and keeps its clock', () => {
    const { radio } = aCuff()
    radio.connect()
    expect(() => radio.write('2A08', 'EA07021F0D0000')).toThrow(AttError)
    expect(radio.read('2A08')).toBe('EA07010F0C0000')
  })

  it.each([
    ['newest-first', [123, 122, 121, 120]],
    ['oldest-first', [120, 121, 122, 123]],
  ] as const)('sends %s when that is its order', async (order, expected) => {
    const { cuff, radio, indicated } = aCuff({ order })
    for (const systolic of [120, 121, 122, 123]) cuff.measure(pressure(systolic))
    radio.connect()
    radio.subscribe('2A35')
    for (let i = 0; i < 4; i++) await radio.confirm()
    expect(indicated()).toEqual(expected)
  })

  it('sends unsorted, twice, and hangs up in the middle, when those are its habits', async () => {
    const { cuff, radio, indicated } = aCuff({ order: 'shuffled', sendsTwice: true, leavesAfterRecords: 2 })
    for (const systolic of [120, 121, 122, 123]) cuff.measure(pressure(systolic))
    radio.connect()
    radio.subscribe('2A35')
    for (let i = 0; i < 4; i++) await radio.confirm()
    expect(radio.connected).toBe(false)
    const [a, b, c, d] = indicated()
    expect([a, c]).toEqual([b, d])
    expect(a).not.toBe(c)
    expect(cuff.stored).toBe(2)
  })

  it('forgets its oldest record when its memory is full, and says so when nobody had it', () => {
    const { cuff, emitted, forgotten } = aCuff({ capacity: 2 })
    for (const systolic of [120, 121, 122]) cuff.measure(pressure(systolic))
    expect(cuff.stored).toBe(2)
    expect(forgotten).toEqual([emitted[0]?.key])
  })

  it('never puts the same second into two records, however fast a scenario runs', () => {
    const { cuff, emitted } = aCuff()
    cuff.measure(pressure(120))
    cuff.measure(pressure(120))
    expect(emitted.map((r) => r.deviceTime)).toEqual(['2026-01-15T12:00:00', '2026-01-15T12:00:01'])
    expect(emitted[0]?.hex).not.toBe(emitted[1]?.hex)
  })

  it('tells two records without a time apart by their keys', () => {
    const { cuff, emitted } = aCuff({ withoutTime: true })
    cuff.measure(pressure(120))
    cuff.measure(pressure(120))
    expect(emitted[0]?.hex).toBe(emitted[1]?.hex)
    expect(emitted[0]?.key).not.toBe(emitted[1]?.key)
    expect(emitted[0]?.deviceTime).toBeUndefined()
  })

  it('loses bond and clock with its battery, and keeps its records', () => {
    const { cuff, radio } = aCuff()
    cuff.measure(pressure(120))
    cuff.changeBattery()
    expect(radio.log).toContain('bond forgotten')
    expect(cuff.stored).toBe(1)
    expect(radio.read('2A08')).toBe('DF070101000000')
  })

  it('cuts its packets short when that is its fault, and its memory holds them whole', () => {
    const { cuff, radio, emitted } = aCuff({ cutsBytes: 3 })
    cuff.measure(pressure(120))
    radio.connect()
    radio.subscribe('2A35')
    expect(radio.log.at(-1)).toBe(`indicated 2A35 ${emitted[0]?.hex.slice(0, -6)}`)
  })
})

describe('the devices that store and forward', () => {
  const id = 'device-0001'
  const address = 'c0:00:00:00:00:02'

  it('a cuff has two slots, a mean pressure, and kPa if it counts in that', () => {
    const { around, emitted } = aTestsSurroundings()
    createBloodPressureCuff({ id, address }, around).measure(pressure(120), { slot: 2 })
    createBloodPressureCuff({ id, address, unit: 'kPa', withoutMean: true }, around).measure(pressure(120))
    expect(emitted.map((r) => r.hex)).toEqual([
      '1E780050005D00EA07010F0C00004600020000',
      '17A0F06BF0FF07EA07010F0C000046000000',
    ])
    expect(emitted[0]?.slot).toBe(2)
  })

  it('a cuff that shows its pressure notifies it before the record', () => {
    const { around } = aTestsSurroundings()
    const cuff = createBloodPressureCuff({ id, address, cuffPressures: [90, 60] }, around)
    const radio = aPlace()
    cuff.attachTo(radio.place)
    cuff.measure(pressure(120))
    radio.connect()
    radio.subscribe('2A35')
    expect(radio.log.map((l) => l.slice(0, 14))).toEqual(['notified 2A36 ', 'notified 2A36 ', 'indicated 2A35'])
  })

  it('an oximeter says when its clock was never set, and a dead clock sends no date', () => {
    const { around, emitted } = aTestsSurroundings()
    const values = { oxygenSaturation: 93, pulseRate: 80 }
    createSpotCheckOximeter({ id, address, clock: { state: 'never-set' } }, around).measure(values)
    createSpotCheckOximeter({ id, address, clock: { state: 'dead' } }, around).measure(values)
    expect(emitted.map((r) => r.deviceTime)).toEqual(['2015-01-01T00:00:00', undefined])
    expect(emitted[0]?.hex).toBe('175D005000DF0701010000000001000000')
    expect(emitted[1]?.hex).toBe('175D005000000000000000000001000000')
  })

  it('a scale sends pounds, the body mass index, or that it failed', () => {
    const { around, emitted } = aTestsSurroundings()
    createWeightScale({ id, address, withoutTime: true, unit: 'lb' }, around).measure({ weight: 80 })
    createWeightScale({ id, address, withoutTime: true, height: 1.8 }, around).measure({ weight: 81 }, { slot: 1 })
    createWeightScale({ id, address, withoutTime: true, unsuccessful: true }, around).measure({ weight: 80 })
    expect(emitted.map((r) => r.hex)).toEqual(['01E544', '0C483F01FA000807', '00FFFF'])
  })

  it('a thermometer sends where it was put, in its own unit', () => {
    const { around, emitted } = aTestsSurroundings()
    createThermometer({ id, address, withoutTime: true, site: 'mouth' }, around).measure({ bodyTemperature: 37.6 })
    createThermometer({ id, address, withoutTime: true, unit: 'degF' }, around).measure({ bodyTemperature: 37 })
    expect(emitted.map((r) => r.hex)).toEqual(['04780100FF06', '05DA0300FF03'])
  })

  it('every one tells who it is, how full its battery is, and what it can do', () => {
    const { around } = aTestsSurroundings()
    const radio = aPlace()
    createBloodPressureCuff(
      { id, address, batteryPercent: 12, identity: { model: 'UA-651BLE', padTo: 12 }, timeCharacteristic: '2A2B' },
      around,
    ).attachTo(radio.place)
    expect(radio.read('2A24')).toBe('55412D363531424C45000000')
    expect(radio.read('2A25')).toBe(Buffer.from(id.padEnd(12, '\0')).toString('hex').toUpperCase())
    expect(radio.read('2A19')).toBe('0C')
    expect(radio.read('2A2B')).toBe('EA07010F0C0000040000')
    expect(radio.read('2A49')).toBe('1700')
  })

  it('a device that bonds protects its records and its clock', () => {
    const { around } = aTestsSurroundings()
    const { definition } = createBloodPressureCuff({ id, address, security: 'bonded-once' }, around)
    const protectedOnes = definition.services.flatMap((s) => s.characteristics).filter((c) => c.encrypted)
    expect(protectedOnes.map((c) => c.uuid)).toEqual(['2A35', '2A08'])
    expect(definition.security).toBe('bonded-once')
  })
})
