import { randomBytes } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { drivers } from '../../device-drivers/index.ts'
import type { RawReading } from '../../device-drivers/reading.ts'
import type { TimeSet } from '../../gateway/believed-time.ts'
import { parseConfig } from '../../gateway/config.ts'
import { startHub } from '../../gateway/hub.ts'
import type { BleTransport } from '../../gateway/transport/transport.ts'
import { createBloodPressureCuff } from '../../simulators/devices/blood-pressure-cuff.ts'
import type { StoreAndForwardOptions } from '../../simulators/devices/store-and-forward.ts'
import { seededRandom } from '../../simulators/scenario-random.ts'
import { type ManualClock, manualClock } from '../support/manual-clock.ts'
import { receiptBroker } from '../support/receipt-broker.ts'
import { tempDir } from '../support/temp-dir.ts'
import { wire } from '../support/wired-link.ts'

/** The whole hub with a real driver and a simulated cuff, while the hub's clock and the cuff's are wrong in every way. */

const HUB = 'hub-0001'
const ADDRESS = 'a4:c1:38:00:00:01'
export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
/** A clock of whole seconds, a read and a write of it. */
export const NEAR_MS = 3 * SECOND
export const START_MONO = 30_000
export const utc = (text: string): number => Date.parse(text)

export interface Setting {
  /** What the time really is. */
  readonly truth: number
  /** What the hub's clock says at its start; by default the truth. */
  readonly hubSays?: number
  readonly cuff?: Partial<StoreAndForwardOptions>
}

export async function home({ truth, hubSays = truth, cuff = {} }: Setting) {
  const broker = await receiptBroker(HUB)
  const dataDir = tempDir()
  let clock: ManualClock = manualClock({ wall: hubSays, mono: START_MONO, bootId: 'boot-1' })
  /** The true time goes on over reboots. */
  let origin = truth - START_MONO
  const trueNow = () => origin + clock.now()
  const time = {
    now: () => clock.now(),
    setTimeout: (callback: () => void, ms: number) => clock.setTimeout(callback, ms),
  }
  const line = wire(time)
  const device = createBloodPressureCuff(
    { id: 'cuff-0001', address: ADDRESS, leavesAfterMs: 100, ...cuff },
    { time, wallNow: trueNow, timeZone: 'Europe/Copenhagen', random: seededRandom(1) },
  )
  device.attachTo(line.place)
  let hear: Parameters<BleTransport['start']>[0] = () => undefined
  const ble: BleTransport = {
    start: (onAdvertisement) => {
      hear = onAdvertisement
    },
    connect: async () => {
      const link = line.connect()
      return { ...link, lost: new AbortController().signal, close: () => Promise.resolve(link.close()) }
    },
    health: () => ({ state: 'ready', silentForMs: 0, linksOpen: 0, scanRestarts: 0, connectFailures: 0 }),
  }
  const boot = () =>
    startHub({
      config: parseConfig(
        {
          hub: HUB,
          dataDir,
          broker: { url: broker.url, username: HUB, password: 'secret' },
          devices: [{ id: 'cuff-0001', driver: 'blood-pressure-service', address: ADDRESS }],
        },
        { drivers },
        () => '',
      ),
      drivers,
      clock,
      random: () => 0.5,
      randomHex: (bytes) => randomBytes(bytes).toString('hex'),
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      version: '0.0.0',
      memory: () => 1,
      ble,
    })
  let hub = boot()
  const stop = async () => {
    const over = { yet: false }
    void hub.stop().then(() => {
      over.yet = true
    })
    while (!over.yet) await clock.advance(100)
  }
  onTestFinished(stop)
  const sent = (): RawReading[] => broker.batches().flatMap(({ readings }): RawReading[] => readings)
  const advertise = () =>
    hear({ address: ADDRESS, addressType: 'public', services: ['1810'], serviceData: {}, connectable: true, rssi: -60 })
  let pulse = 60
  return {
    device,
    trueNow,
    sent,
    advertise,
    get clock() {
      return clock
    },
    everythingHeard: () => broker.heard.map(({ text }) => text).join('\n'),
    /** Measures now; returns the true time of it. */
    measure(values?: Readonly<Record<string, number>>): number {
      pulse += 1
      device.measure(values ?? { systolic: 132, diastolic: 84, pulseRate: pulse })
      return trueNow()
    },
    /** The hub hears the cuff and visits it until nothing is unsent. */
    async visit() {
      await clock.advance(15 * SECOND)
      advertise()
      await clock.advance(15 * SECOND)
    },
    /** Waits until the broker has so many different readings, in the order in which they came. */
    async arrived(count: number): Promise<RawReading[]> {
      for (;;) {
        const byId = new Map(sent().map((reading) => [reading.id, reading]))
        if (byId.size >= count) return [...byId.values()]
        await clock.advance(SECOND)
      }
    },
    /** The power fails and comes back. @param hubNowSays of the clock after it */
    async reboot(hubNowSays: number, afterMs: number, timeSet: TimeSet = () => 'nobody') {
      await stop()
      const now = trueNow() + afterMs
      clock = manualClock({ wall: hubNowSays, mono: START_MONO, bootId: 'boot-2' })
      clock.awaitTime(timeSet)
      origin = now - START_MONO
      hub = boot()
    },
    /** The process ends and begins anew in the same boot. */
    async restart() {
      await stop()
      clock = clock.nextProcess()
      hub = boot()
    },
  }
}

/** How far a reading's time of measuring is off, ms. */
export const off = (reading: RawReading | undefined, truth: number): number =>
  Math.abs(utc(reading?.measuredAt ?? '') - truth)
