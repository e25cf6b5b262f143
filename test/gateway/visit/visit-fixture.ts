import { generateKeyPairSync } from 'node:crypto'
import { onTestFinished } from 'vitest'
import type { Installation, SignedReport } from '../../../broker/contract/installation.ts'
import { drivers } from '../../../device-drivers/index.ts'
import { createHubClock, type HubClock } from '../../../gateway/hub-clock.ts'
import { memoryBonds } from '../../../gateway/transport/bonds.ts'
import { createNobleTransport } from '../../../gateway/transport/noble.ts'
import type { BleTransport } from '../../../gateway/transport/transport.ts'
import { systemTime } from '../../../gateway/transport/transport-time.ts'
import { Commissioning, type CommissioningParts, type VisitOffice } from '../../../gateway/visit/commissioning.ts'
import type { StepView } from '../../../gateway/visit/view.ts'
import { createBloodPressureCuff } from '../../../simulators/devices/blood-pressure-cuff.ts'
import type { Surroundings } from '../../../simulators/devices/device.ts'
import { createWeightScale } from '../../../simulators/devices/weight-scale.ts'
import { seededRandom } from '../../../simulators/scenario-random.ts'
import { realTime } from '../../../simulators/time.ts'
import { type Home, type HomeOptions, startHome } from '../../support/home.ts'
import { receiptBroker } from '../../support/receipt-broker.ts'
import { becomes, collectingLog, startController } from '../transport/radio-fixture.ts'

/** A home with a hub, a radio, a cuff and a scale in it, and a clinic that has registered both. */

export const KIT: Installation = {
  installation: 'installation-0001',
  hub: 'hub-0001',
  revision: 1,
  devices: [
    { id: 'cuff-0001', driver: 'blood-pressure-service' },
    { id: 'scale-0001', driver: 'weight-scale-service' },
  ],
}
export const CUFF = 'c0:30:00:00:00:01'
export const SCALE = 'c0:30:00:00:00:02'

const time = realTime()
export const around: Surroundings = {
  time,
  wallNow: () => time.now(),
  timeZone: 'Europe/Copenhagen',
  random: seededRandom(5),
}

/** By default a minute of waiting is over in a second. */
export function hurriedClock(times = 60): HubClock {
  const started = performance.now()
  return createHubClock({
    bootId: 'boot-1',
    monoMs: () => Math.round(5_000 + (performance.now() - started) * times),
    unixMs: () => Date.now(),
    setTimeout: (callback, ms) => {
      const timer = setTimeout(callback, ms / times)
      return { cancel: () => clearTimeout(timer) }
    },
  })
}

/** Stands for the broker's HTTPS side. */
export interface TestOffice extends VisitOffice {
  kit: Installation
  readonly delivered: SignedReport[]
  /** Thrown at the next call instead. */
  failure: Error | undefined
}

export function testOffice(kit: Installation = KIT): TestOffice {
  const delivered: SignedReport[] = []
  const office: TestOffice = {
    kit,
    delivered,
    failure: undefined,
    installation: async () => {
      if (office.failure !== undefined) throw office.failure
      return office.kit
    },
    deliver: async (report) => {
      if (office.failure !== undefined) throw office.failure
      delivered.push(report)
    },
  }
  return office
}

export const hubKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const hubPublicKey = hubKey.publicKey.export({ type: 'spki', format: 'pem' }).toString()

export function visitIn(home: Home, office: VisitOffice, clock: HubClock, more: Partial<CommissioningParts> = {}) {
  let numbers = 0
  const visit = new Commissioning({
    hub: 'hub-0001',
    software: '0.0.0',
    machine: 'machine-1',
    dataDir: home.dataDir,
    drivers,
    clock,
    randomHex: (bytes) => String(++numbers).padStart(bytes * 2, '0'),
    home: home.hub.home,
    office,
    key: () => hubKey.privateKey,
    ...more,
  })
  onTestFinished(() => visit.close())
  return visit
}

/** Waits until the step of a device is as wanted; the test's own time limit ends it. */
export async function untilStep(
  visit: Commissioning,
  id: string,
  done: (step: StepView) => boolean,
): Promise<StepView> {
  for (;;) {
    const step = (await visit.view()).steps.find((one) => one.id === id)
    if (step !== undefined && done(step)) return step
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export async function aHome(options: HomeOptions & { readonly reached?: boolean; readonly radio?: BleTransport } = {}) {
  const { adapter, controller } = startController({ time })
  const clock = options.clock ?? createHubClock()
  const log = collectingLog([])
  const ble = options.radio ?? createNobleTransport({ adapter, bonds: memoryBonds(), time: systemTime, log })
  const broker = options.reached === false ? undefined : await receiptBroker('hub-0001')
  const home = startHome({ ble, clock, ...(broker && { brokerUrl: broker.url }), ...options })
  const cuff = createBloodPressureCuff({ id: 'cuff', address: CUFF }, around)
  const scale = createWeightScale({ id: 'scale', address: SCALE }, around)
  for (const device of [cuff, scale]) {
    device.attachTo(controller)
    onTestFinished(() => device.close())
  }
  await becomes(() => ble.health().state === 'ready')
  return { home, clock, controller, cuff, scale, broker, ble }
}
