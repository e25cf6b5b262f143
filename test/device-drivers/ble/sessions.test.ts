import { describe, expect, test } from 'vitest'
import { bloodPressureDriver, bloodPressureService } from '../../../device-drivers/ble/blood-pressure.ts'
import { heartRateService } from '../../../device-drivers/ble/heart-rate.ts'
import { pulseOximeterService } from '../../../device-drivers/ble/pulse-oximeter.ts'
import { thermometerService } from '../../../device-drivers/ble/thermometer.ts'
import { weightScaleService } from '../../../device-drivers/ble/weight-scale.ts'
import { PreCareError } from '../../../device-drivers/errors.ts'
import { eventsOf, recordsOf, scriptedGatt, VISIT, VISIT_WITHOUT_TIME } from '../scripted-link.ts'

const NOW = 'ea07030108 1e00'.replace(' ', '') // 2026-03-01 08:30:00
const READING = '1e 7d00 5000 5f00 ea07 02 1c 07 0f 00 4600 01 0000' // 125/80 (95), 28 February 07:15, pulse 70, user 1

describe('a visit to a cuff', () => {
  test('reads and sets the clock before it subscribes, in the blood pressure service itself', async () => {
    const { link, log } = scriptedGatt({
      values: { '1810 2A08': 'e8070101000000', '180A 2A25': '5359532d31', '180F 2A19': '40' },
      writes: { '1810 2A08': true },
      notifications: { '1810 2A35': [READING] },
    })
    const events = await eventsOf(bloodPressureService.session(link, VISIT))
    expect(log).toEqual(['read 2A08', `write 2A08 ${NOW}`, 'read 2A25', 'read 2A19', 'subscribe 2A35'])
    expect(events.map((event) => event.type)).toEqual(['clock', 'clock-set', 'identity', 'battery', 'record'])
    expect(events[0]).toEqual({ type: 'clock', deviceNow: '2024-01-01T00:00:00' })
    expect(events[2]).toEqual({ type: 'identity', serial: 'SYS-1' })
    expect(events[3]).toEqual({ type: 'battery', percent: 64 })
  })

  test('writes Current Time with weekday and adjust reason where the device has that', async () => {
    const { link, log } = scriptedGatt({
      values: { '1805 2A2B': 'ea0703010815000700 00' },
      writes: { '1805 2A2B': true },
      notifications: { '1810 2A35': [] },
    })
    await eventsOf(bloodPressureService.session(link, VISIT))
    expect(log).toEqual(['read 2A2B', `write 2A2B ${NOW}070002`, 'subscribe 2A35'])
  })

  test('sets no clock while the hub itself does not know the time', async () => {
    const { link, log } = scriptedGatt({ values: { '1810 2A08': NOW }, notifications: { '1810 2A35': [READING] } })
    const events = await eventsOf(bloodPressureService.session(link, VISIT_WITHOUT_TIME))
    expect(log).toEqual(['read 2A08', 'subscribe 2A35'])
    expect(events.map((event) => event.type)).toEqual(['clock', 'record'])
  })

  test('takes an unset clock for no clock, and a broken one for a rejected packet', async () => {
    const session = async (clock: string) => {
      const { link } = scriptedGatt({
        values: { '1810 2A08': clock },
        writes: { '1810 2A08': true },
        notifications: { '1810 2A35': [READING] },
      })
      return (await eventsOf(bloodPressureService.session(link, VISIT))).map((event) => event.type)
    }
    expect(await session('00000000000000')).toEqual(['clock-set', 'record'])
    expect(await session('ea07021f000000')).toEqual(['rejected', 'clock-set', 'record'])
    expect(await session('ea0702')).toEqual(['rejected', 'clock-set', 'record'])
  })

  test('does not lose the measurement to a refused read or write', async () => {
    const refusal = new PreCareError('device-refused', 'ATT error 0x02')
    const { link } = scriptedGatt({
      values: { '1810 2A08': NOW, '180A 2A29': refusal, '180F 2A19': 'ff' },
      writes: { '1810 2A08': refusal },
      notifications: { '1810 2A35': [READING] },
    })
    const events = await eventsOf(bloodPressureService.session(link, VISIT))
    expect(events.map((event) => event.type)).toEqual(['clock', 'rejected', 'rejected', 'rejected', 'record'])
  })

  test('ends with the error when the link breaks before the first value', async () => {
    const { link } = scriptedGatt({ values: { '180A 2A29': new PreCareError('link-lost', 'supervision timeout') } })
    await expect(eventsOf(bloodPressureService.session(link, VISIT))).rejects.toMatchObject({ code: 'link-lost' })
  })

  test("does a vendor's own steps after the clock and before measurements are enabled", async () => {
    const vendor = bloodPressureDriver({
      about: { id: 'vendor-cuff', title: 'Cuff', vendor: 'Vendor', models: ['C1'], quirks: ['wants a word'] },
      match: (seen) => seen.name === 'C1',
      async *beforeSubscribe(link) {
        await link.write('FFF0', 'FFF1', Uint8Array.of(1))
        yield { type: 'identity', model: 'C1' }
      },
    })
    const { link, log } = scriptedGatt({
      values: { '1810 2A08': NOW },
      writes: { '1810 2A08': true, 'FFF0 FFF1': true },
      notifications: { '1810 2A35': [READING] },
    })
    const events = await eventsOf(vendor.session(link, VISIT))
    expect(log).toEqual(['read 2A08', `write 2A08 ${NOW}`, 'write FFF1 01', 'subscribe 2A35'])
    expect(events.at(-1)?.type).toBe('record')
    expect(vendor.about).toMatchObject({ id: 'vendor-cuff', unitRule: 'flag', quirks: ['wants a word'] })
  })

  test('does not subscribe to intermediate cuff pressure', async () => {
    const { link, log } = scriptedGatt({ notifications: { '1810 2A35': [READING], '1810 2A36': ['00510000000000'] } })
    expect(recordsOf(await eventsOf(bloodPressureService.session(link, VISIT)))).toHaveLength(1)
    expect(log).not.toContain('subscribe 2A36')
  })
})

describe('a scale', () => {
  test('shows as many decimals as its features promise', async () => {
    const { link } = scriptedGatt({
      values: { '181D 2A9E': '18000000' }, // resolution 3: 0.1 kg
      notifications: { '181D 2A9D': ['00 b43c'] }, // 15540 * 5 g = 77.700 kg
    })
    const [record] = recordsOf(await eventsOf(weightScaleService.session(link, VISIT)))
    if (record === undefined) throw new Error('no record')
    const weight = weightScaleService.decode(record).measurements[0]?.values['weight']
    expect(weight).toEqual({ value: 77.7, unit: 'kg', decimals: 1 })
  })
})

describe('a thermometer', () => {
  test('says where it measures once, and each measurement knows', async () => {
    const { link } = scriptedGatt({ values: { '1809 2A1D': '03' }, notifications: { '1809 2A1C': ['00 6c0100ff'] } })
    const [record] = recordsOf(await eventsOf(thermometerService.session(link, VISIT)))
    if (record === undefined) throw new Error('no record')
    expect(thermometerService.decode(record).measurements[0]).toMatchObject({ site: 'ear' })
  })
})

const plx = (spo2: number, status: string) => `0c ${spo2.toString(16).padStart(2, '0')}00 4600 ${status} 000000`
const GOOD = '0001' // fully qualified
const EARLY = '6000' // ongoing, early estimate
const ONGOING = '2000'

describe('an oximeter', () => {
  const visit = async (notifications: Readonly<Record<string, readonly string[]>>) => {
    const { link } = scriptedGatt({ notifications })
    const events = await eventsOf(pulseOximeterService.session(link, VISIT))
    return {
      events,
      readings: recordsOf(events).map((r) => [r[0].source, pulseOximeterService.decode(r).measurements[0]] as const),
    }
  }

  test('makes one reading of a whole stream, at the first value that is fully qualified', async () => {
    const stream = [plx(80, EARLY), plx(81, EARLY), plx(94, GOOD), ...Array(30).fill(plx(95, GOOD))]
    const { readings } = await visit({ '1822 2A5F': stream })
    expect(readings).toHaveLength(1)
    expect(readings[0]?.[1]).toMatchObject({ values: { oxygenSaturation: { value: 94 } }, status: [] })
  })

  test('that never says more than "ongoing" is read when it is stable', async () => {
    const { readings } = await visit({ '1822 2A5F': Array(20).fill(plx(93, ONGOING)) })
    expect(readings).toHaveLength(1)
    expect(readings[0]?.[1]).toMatchObject({ values: { oxygenSaturation: { value: 93 } }, status: [] })
  })

  test('that is taken off too early gives a questionable reading', async () => {
    const { readings } = await visit({ '1822 2A5F': Array(6).fill(plx(93, ONGOING)) })
    expect(readings[0]?.[1]?.status).toEqual(['questionable'])
  })

  test('in demonstration or test mode gives none', async () => {
    expect((await visit({ '1822 2A5F': Array(30).fill(plx(97, '0004')) })).readings).toEqual([])
    expect((await visit({ '1822 2A5F': Array(30).fill(plx(97, '0008')) })).readings).toEqual([])
  })

  test('with a spot check and a stream of the same finger gives the spot check', async () => {
    const spot = '00 5f00 4800'
    const { readings } = await visit({ '1822 2A5F': Array(20).fill(plx(93, GOOD)), '1822 2A5E': [spot] })
    expect(readings.map(([source]) => source)).toEqual(['2A5E'])
    const alone = await visit({ '1822 2A5F': Array(20).fill(plx(93, GOOD)), '1822 2A5E': [] })
    expect(alone.readings.map(([source]) => source)).toEqual(['2A5F'])
  })

  test('with a garbled packet in between is still read', async () => {
    const { events, readings } = await visit({ '1822 2A5F': ['0c5f', plx(94, GOOD)] })
    expect(events.map((event) => event.type)).toEqual(['rejected', 'record'])
    expect(readings).toHaveLength(1)
  })

  test('without any of its characteristics is an error that says so', async () => {
    const { link } = scriptedGatt({})
    await expect(eventsOf(pulseOximeterService.session(link, VISIT))).rejects.toMatchObject({
      code: 'characteristic-missing',
    })
  })
})

describe('a chest strap', () => {
  const beat = (rate: number) => `16 ${rate.toString(16).padStart(2, '0')} 0004` // contact, RR 1.000 s
  test('gives the median of ten packets with contact, after five that are dropped', async () => {
    const rates = [200, 200, 200, 200, 200, 70, 71, 72, 73, 250, 70, 71, 72, 73, 74, 180, 180]
    const { link } = scriptedGatt({ values: { '180D 2A38': '01' }, notifications: { '180D 2A37': rates.map(beat) } })
    const records = recordsOf(await eventsOf(heartRateService.session(link, VISIT)))
    expect(records).toHaveLength(1)
    const [record] = records
    if (record === undefined) throw new Error('no record')
    expect(record.length).toBeLessThanOrEqual(16)
    expect(heartRateService.decode(record).measurements).toEqual([
      {
        kind: 'heart-rate',
        values: {
          heartRate: { value: 72, unit: '/min', decimals: 0 },
          rrInterval: { value: 1000, unit: 'ms', decimals: 0 },
        },
        status: [],
        site: 'chest',
      },
    ])
  })

  test('without contact gives nothing', async () => {
    const { link } = scriptedGatt({ notifications: { '180D 2A37': Array(40).fill('044a') } })
    expect(recordsOf(await eventsOf(heartRateService.session(link, VISIT)))).toEqual([])
  })

  test('that is taken off early gives an early estimate', async () => {
    const { link } = scriptedGatt({ notifications: { '180D 2A37': Array(6).fill('0046') } })
    const [record] = recordsOf(await eventsOf(heartRateService.session(link, VISIT)))
    if (record === undefined) throw new Error('no record')
    expect(heartRateService.decode(record).measurements[0]).toMatchObject({
      values: { heartRate: { value: 70 } },
      status: ['early-estimate'],
    })
  })
})
