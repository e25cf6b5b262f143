import { describe, expect, it, onTestFinished } from 'vitest'
import type { VirtualController } from '../../../simulators/bluetooth/controller.ts'
import type { AttachedPeripheral } from '../../../simulators/bluetooth/peripheral.ts'
import type { BleDevice } from '../../../simulators/devices/device.ts'
import { DEVICE_KINDS } from '../../../simulators/scenario.ts'
import {
  createOwnProtocolDevice,
  isOwnProtocol,
  type OwnProtocolEntry,
} from '../../../simulators/scenario-own-protocols.ts'
import type { Home } from '../../support/home.ts'
import { startController } from '../transport/radio-fixture.ts'
import { aroundDevices, homeOf as homeWith, MINUTE, readKit, wallNow } from './ble-kit.ts'
import { hexOf, numbersOf, of } from './stored-readings.ts'

/** Vendors' own protocols, collected by the whole gateway: from the advertisement to a row of the outbox. */

const { entries: ENTRIES, entryOf, baselineOf } = readKit('simulators/scenarios/kit-own-protocols.json', isOwnProtocol)
const around = aroundDevices(4)
const LIVE = new Set<string>(['nonin-ble', 'viatom-ring', 'contec-cms50d-bt', 'jumper-oximeter'])

function placed(
  entry: OwnProtocolEntry,
  controller: VirtualController,
  onAttached: (attached: AttachedPeripheral) => void = () => undefined,
): BleDevice {
  const { id, address, addressType } = entry
  const where = { id, address, ...(addressType && { addressType }) }
  const device = createOwnProtocolDevice(entry, where, around)
  onAttached(device.attachTo(controller))
  onTestFinished(() => device.close())
  return device
}

/** The radio lives as fast as the devices, so that a ring worn for two minutes is off again in seconds. */
const homeOf = (entries: readonly OwnProtocolEntry[], adapter: number, options: Record<string, boolean> = {}): Home =>
  homeWith(entries, adapter, () => options, around.time)

/** So many acts of measuring before the hub comes, an hour apart. */
function measuredBefore(device: BleDevice, acts: number): void {
  const values = baselineOf(device.id)
  for (let i = acts; i > 0; i--) device.measure(values, { at: wallNow() - i * 60 * MINUTE })
}

/** A spirometer forgets two blows a visit; everything else hands over all it has. */
const ACTS: Readonly<Record<string, number>> = { 'beurer-po60': 12, 'andesfit-spirometer': 3 }

describe('devices with protocols of their own in a home', () => {
  it('are all collected with their habits, every record once and every act of wearing once', {
    timeout: 90_000,
  }, async () => {
    const { adapter, controller } = startController({ time: around.time })
    const entries = ENTRIES.map(({ id, kind }) => entryOf(id, LIVE.has(kind) ? {} : { advertiseMs: 500 * MINUTE }))
    const storing = entries.filter(({ kind }) => !LIVE.has(kind)).map((entry) => placed(entry, controller))
    const live = entries.filter(({ kind }) => LIVE.has(kind)).map((entry) => placed(entry, controller))
    expect([storing.length, live.length]).toEqual([5, 4])
    for (const device of storing) measuredBefore(device, ACTS[entryOf(device.id).kind] ?? 5)
    const emitted = storing.flatMap((device) => device.emitted)
    expect(emitted).toHaveLength(12 + 2 * 3 + 5 + 5)

    const home = homeOf(entries, adapter)
    await home.until((readings) => readings.length >= emitted.length)
    for (const device of live) device.measure(baselineOf(device.id))
    await home.until((readings) => live.every(({ id }) => of(readings, id).length > 0))

    const readings = home.readings()
    for (const record of emitted) {
      const found = readings.filter((r) => r.device === record.device && hexOf(r) === record.hex)
      expect(found, record.key).toHaveLength(entryOf(record.device).id === 'spirometer-4002' ? 5 : 1)
      expect(found[0]).toMatchObject({ kind: record.kind, driver: DEVICE_KINDS[entryOf(record.device).kind].driver })
      expect(found[0]?.deviceTime, record.key).toBe(record.deviceTime)
    }
    expect(readings).toHaveLength(emitted.length + live.length)
    // Packets that were damaged on the way are kept; nothing else was.
    expect(home.rejected().filter(({ device }) => device !== 'finger-4001')).toEqual([])

    for (const id of ['nonin-4001', 'finger-4001', 'finger-4002', 'ring-4001']) {
      const [reading] = of(readings, id)
      expect(numbersOf(reading), id).toMatchObject(baselineOf(id))
      expect(reading?.clock.quality).toBe('received')
    }
    expect(of(readings, 'nonin-4001')[0]?.status).toEqual(['battery-low'])
    expect(of(readings, 'finger-4003')[0]).toMatchObject({ status: ['from-storage'], clock: { quality: 'unknown' } })
    expect(of(readings, 'spirometer-4002').map((r) => [r.sequence, r.clock.quality])).toEqual(
      [1, 2, 3, 4, 5].map((number) => [number, 'device-unset']),
    )
    expect(numbersOf(of(readings, 'spirometer-4002')[0])).toEqual({
      fev1: 1.38,
      fvc: 3.1,
      fev1FvcRatio: 0.445,
      fev6: 2.86,
      peakFlow: 225,
    })
    expect(numbersOf(of(readings, 'spirometer-4003')[0])).toEqual({ fev1: 1.42, peakFlow: 210 })
    // An hour fast: its clock was read, and what it says is put right beside it.
    const [glucose] = of(readings, 'meter-4001')
    expect(numbersOf(glucose)).toEqual({ glucose: 7.4 })
    expect(glucose).toMatchObject({ clock: { quality: 'corrected' }, sequence: 1 })
    expect(Math.abs(Number(glucose?.clock.offsetMs) + 60 * MINUTE)).toBeLessThan(30_000)
  })

  it('are read again without a second copy, and only what is new where the device can be asked for it', {
    timeout: 60_000,
  }, async () => {
    const { adapter, controller } = startController({ time: around.time })
    const entries = ['spirometer-4002', 'meter-4001'].map((id) =>
      entryOf(id, { advertiseMs: 500 * MINUTE, clock: {}, ...(id === 'meter-4001' && { leavesAfterRecords: 9 }) }),
    )
    const [spirometer, meter] = entries.map((entry) => placed(entry, controller))
    if (spirometer === undefined || meter === undefined) throw new Error('two devices')
    for (const device of [spirometer, meter]) measuredBefore(device, 2)
    const home = homeOf(entries, adapter)
    await home.until((readings) => readings.length === 4)
    for (const device of [spirometer, meter]) device.measure(baselineOf(device.id))
    const visits = (id: string) => home.log.filter(({ event, device }) => event === 'visit' && device === id)
    await home.until(() => visits(meter.id).length > 1 && visits(spirometer.id).length > 1)
    expect(home.readings()).toHaveLength(6)
    expect(visits(spirometer.id)[1]).toMatchObject({ stored: 1, duplicate: 2, rejected: 0 })
    expect(visits(meter.id)[1]).toMatchObject({ stored: 1, duplicate: 0, rejected: 0 })
  })

  it('lose nothing to a record that was damaged, or to a hub that was cut off', { timeout: 60_000 }, async () => {
    const { adapter, controller } = startController({ time: around.time })
    const entries = [
      entryOf('finger-4003', { advertiseMs: 500 * MINUTE, garblesRecord: 2, sendsTwice: false }),
      entryOf('meter-4001', { advertiseMs: 500 * MINUTE, leavesAfterRecords: 1 }),
    ]
    const devices = entries.map((entry) => placed(entry, controller))
    for (const device of devices) measuredBefore(device, 3)
    const home = homeOf(entries, adapter)
    await home.until((readings) => readings.length === 6)
    expect(home.rejected().map(({ device, source }) => [device, source])).toContainEqual(['finger-4003', 'FF02'])
    const emitted = devices.flatMap((device) => device.emitted.map(({ hex }) => hex))
    expect(home.readings().map(hexOf).toSorted()).toEqual(emitted.toSorted())
    // A meter that hangs up after each record is no failure.
    expect(home.log.filter(({ event, device }) => event === 'visit-failed' && device === 'meter-4001')).toEqual([])
  })

  it('are emptied when that is wished, and then have nothing more to say', { timeout: 30_000 }, async () => {
    const { adapter, controller } = startController({ time: around.time })
    const entry = entryOf('spirometer-4002', { advertiseMs: 500 * MINUTE, clock: {} })
    const device = placed(entry, controller)
    measuredBefore(device, 3)
    const home = homeOf([entry], adapter, { deleteAfterReading: true })
    await home.until((readings) => readings.length === 3)
    await home.until(() => 'stored' in device && device.stored === 0)
  })

  it('make no reading of what was never good', { timeout: 30_000 }, async () => {
    const { adapter, controller } = startController({ time: around.time })
    const entries = [
      entryOf('nonin-4001', { weakSignal: true, wornMs: 30_000 }),
      entryOf('meter-4001', { unpaired: true }),
    ]
    const peripherals: AttachedPeripheral[] = []
    for (const entry of entries) {
      placed(entry, controller, (attached) => void peripherals.push(attached)).measure(baselineOf(entry.id))
    }
    const home = homeOf(entries, adapter)
    const failed = () => home.log.find(({ event }) => event === 'visit-failed')
    const isWorn = () => peripherals[0]?.link !== undefined
    await home.until(isWorn)
    await home.until(() => !isWorn() && failed() !== undefined)
    expect(failed()).toMatchObject({ device: 'meter-4001', code: 'pairing-failed' })
    expect(home.readings()).toEqual([])
  })
})
