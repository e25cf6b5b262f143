import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { commissioningReportSchema } from '../../../broker/contract/installation.ts'
import { openInstallations } from '../../../broker/installations/installations.ts'
import { openRegistry } from '../../../broker/registry.ts'
import { openJournal } from '../../../broker/store/journal.ts'
import { drivers } from '../../../device-drivers/index.ts'
import { collectBackup, restoreBackup } from '../../../gateway/backup-content.ts'
import { loadConfig } from '../../../gateway/config.ts'
import { createHubClock } from '../../../gateway/hub-clock.ts'
import { openBondStore } from '../../../gateway/transport/bonds.ts'
import { createNobleTransport } from '../../../gateway/transport/noble.ts'
import { systemTime } from '../../../gateway/transport/transport-time.ts'
import type { Commissioning } from '../../../gateway/visit/commissioning.ts'
import type { VirtualPeripheral } from '../../../simulators/bluetooth/virtual-peripheral.ts'
import { createBloodPressureCuff } from '../../../simulators/devices/blood-pressure-cuff.ts'
import { startHome } from '../../support/home.ts'
import { receiptBroker } from '../../support/receipt-broker.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { becomes, collectingLog, startController } from '../transport/radio-fixture.ts'
import { aHome, around, CUFF, hubPublicKey, SCALE, testOffice, untilStep, visitIn } from './visit-fixture.ts'

/** Equipment that is changed in a home where everything works already. */

const NEVER = new AbortController().signal
const ID = 'meter-0001'
/** One visit after the other at one clinic. */
const UNIQUE = { randomHex: (bytes: number) => randomBytes(bytes).toString('hex') }

async function commission(visit: Commissioning, address: string, measure: () => void) {
  visit.search(ID)
  measure()
  await untilStep(visit, ID, ({ candidates }) => candidates.some((one) => one.address === address))
  visit.choose(ID, { address })
  await untilStep(visit, ID, ({ state }) => state === 'measured')
  visit.confirm(ID)
  await untilStep(visit, ID, ({ uplinkMs, serial }) => uplinkMs !== undefined && serial !== undefined)
}

describe('a device that is swapped for another model', () => {
  it('is ended, the new one is bound, each reading is the right citizen’s, and the report names both', async () => {
    const { home, clock, cuff, scale, ble } = await aHome()
    const journal = openJournal(join(tempDir(), 'journal.db'))
    onTestFinished(() => journal.close())
    const now = () => new Date().toISOString()
    const clinic = openInstallations({ journal, audit: () => undefined, now })
    const registry = openRegistry(journal)
    const owner = (when: string) => {
      registry.refresh()
      return registry.citizenFor(ID, undefined, when)
    }
    const wish = (driver: string) => ({
      ...{ installation: 'inst-0001', hub: 'hub-0001', citizen: 'citizen-0001', devices: [{ id: ID, driver }] },
    })
    const office = {
      installation: async () => clinic.kitOf('hub-0001'),
      deliver: async (signed: { text: string; signature: string }) =>
        void clinic.accept('hub-0001', signed, hubPublicKey),
    }
    clinic.register(wish('blood-pressure-service'), 'nurse-1')
    const visit = visitIn(home, office, clock, UNIQUE)
    await visit.refresh(NEVER)
    await commission(visit, CUFF, () => cuff.measure({ systolic: 128, diastolic: 79, pulseRate: 66 }))
    await visit.finish(NEVER)
    cuff.measure({ systolic: 141, diastolic: 85, pulseRate: 70 })
    await home.until((readings) => readings.some(({ test }) => test === undefined))
    const before = home.readings().at(-1)?.measuredAt ?? ''
    expect(owner(before)).toBe('citizen-0001')

    clinic.register(wish('weight-scale-service'), 'nurse-1')
    const between = now()
    expect(owner(between)).toBeUndefined()
    // An assignment begins with its second.
    await becomes(() => now().slice(0, 19) > between.slice(0, 19))
    await visit.refresh(NEVER)
    // Bound to nothing, on the disk too: the cuff may go on blowing up, it belongs to nobody here.
    writeFileSync(
      join(home.dataDir, 'hub.json'),
      JSON.stringify({ hub: 'hub-0001', dataDir: '.', broker: { url: 'mqtts://127.0.0.1:1' } }),
    )
    expect(loadConfig(join(home.dataDir, 'hub.json'), { drivers }).devices).toEqual([])
    await becomes(() => ble.health().linksOpen === 0)
    cuff.measure({ systolic: 199, diastolic: 99, pulseRate: 99 })
    // A device is its citizen's from the whole second of its proof on.
    await becomes(() => now().slice(0, 19) > between.slice(0, 19))
    await commission(visit, SCALE, () => scale.measure({ weight: 71.2 }))
    await visit.finish(NEVER)
    scale.measure({ weight: 71.4 })
    await home.until((readings) => readings.some(({ kind, test }) => kind === 'weight' && test === undefined))
    const after = home.readings().at(-1)
    expect([after?.kind, owner(after?.measuredAt ?? ''), owner(before), owner(between)]).toEqual([
      ...['weight', 'citizen-0001', 'citizen-0001', undefined],
    ])
    expect(JSON.stringify(home.readings())).not.toContain('199')

    const [first, second] = clinic.reports('inst-0001').map(({ report }) => report)
    expect(first?.removed).toBeUndefined()
    expect(second).toMatchObject({
      revision: 2,
      devices: [{ id: ID, driver: 'weight-scale-service' }],
      removed: [{ id: ID, driver: 'blood-pressure-service', model: 'Cuff-1810', serial: expect.any(String) }],
    })
    expect(second?.visit).not.toBe(first?.visit)
    // Told once: the report of the next visit is about the next visit.
    visit.close()
    const third = visitIn(home, office, clock, UNIQUE)
    await third.finish(NEVER)
    const last = clinic.reports('inst-0001').at(-1)?.report
    expect([last?.visit === second?.visit, last?.removed]).toEqual([false, undefined])
  })
})

/** A home whose cuff pairs once and never again, unless a person makes it forget. */
async function aBondedHome() {
  const { adapter, controller } = startController({ time: around.time })
  const cuff = createBloodPressureCuff({ id: 'cuff', address: CUFF, security: 'bonded-once' }, around)
  const attached: VirtualPeripheral[] = []
  cuff.attachTo({
    attach(definition) {
      const peripheral = controller.attach(definition)
      attached.push(peripheral)
      return peripheral
    },
  })
  onTestFinished(() => cuff.close())
  const broker = await receiptBroker('hub-0001')
  const log = collectingLog([])
  /** A hub with what is in its folder; one at a time. */
  async function hub(dataDir: string, devices: Parameters<typeof startHome>[0]['devices'] = []) {
    const clock = createHubClock()
    const bonds = openBondStore(join(dataDir, 'bonds.json'), log)
    const ble = createNobleTransport({ adapter, bonds, time: systemTime, log })
    const home = startHome({ ble, clock, dataDir, brokerUrl: broker.url, devices })
    await becomes(() => ble.health().state === 'ready')
    return { home, clock, bonds }
  }
  const measure = (systolic: number) => void cuff.measure({ systolic, diastolic: 79, pulseRate: 66 })
  return { hub, measure, pairingMode: () => attached.map((peripheral) => peripheral.forgetBond()) }
}

const KIT = {
  ...{ installation: 'inst-0001', hub: 'hub-0001', revision: 1 },
  devices: [{ id: ID, driver: 'blood-pressure-service' }],
}

describe('a hub that is swapped', () => {
  it('goes on with the devices of the old one, without a person at any of them, when it has its backup', async () => {
    const { hub, measure } = await aBondedHome()
    const [oldDir, newDir] = [tempDir(), tempDir()]
    const old = await hub(oldDir)
    const visit = visitIn(old.home, testOffice(KIT), old.clock)
    await visit.refresh(NEVER)
    await commission(visit, CUFF, () => measure(128))
    await visit.finish(NEVER)
    visit.close()
    expect(old.bonds.addresses()).toEqual([CUFF])
    const broker = { url: 'mqtts://127.0.0.1:1' }
    writeFileSync(join(oldDir, 'hub.json'), JSON.stringify({ hub: 'hub-0001', dataDir: '.', broker }))
    const backup = collectBackup(join(oldDir, 'hub.json'))
    await old.home.stop()

    const config = join(newDir, 'hub.json')
    await restoreBackup(backup, config, { time: () => undefined, randomHex: (bytes) => '7'.repeat(bytes * 2) })
    const { devices } = loadConfig(config, { drivers })
    const next = await hub(newDir, devices)
    measure(133)
    await next.home.until((readings) => readings.some(({ values }) => JSON.stringify(values).includes('133')))
    const reading = next.home.readings().at(-1)
    expect([reading?.device, reading?.test]).toEqual([ID, undefined])
    // What was proven stands with the new one.
    const resumed = visitIn(next.home, testOffice(KIT), next.clock)
    expect((await resumed.view()).steps).toMatchObject([{ id: ID, state: 'confirmed' }])
  })

  it('without a backup pairs the same devices anew in the same steps, and says which needs a person', async () => {
    const { hub, measure, pairingMode } = await aBondedHome()
    const old = await hub(tempDir())
    const before = visitIn(old.home, testOffice(KIT), old.clock)
    await before.refresh(NEVER)
    await commission(before, CUFF, () => measure(128))
    before.close()
    await old.home.stop()

    const next = await hub(tempDir())
    const office = testOffice(KIT)
    const visit = visitIn(next.home, office, next.clock)
    await visit.refresh(NEVER)
    visit.search(ID)
    measure(131)
    await untilStep(visit, ID, ({ candidates }) => candidates.length > 0)
    visit.choose(ID, { address: CUFF })
    const { trouble } = await untilStep(visit, ID, (step) => step.trouble !== undefined || step.state === 'measured')
    expect(trouble).toBe('pairing-failed')
    pairingMode()
    await commission(visit, CUFF, () => measure(132))
    await visit.finish(NEVER)
    const report = commissioningReportSchema.parse(JSON.parse(office.delivered[0]?.text ?? ''))
    expect(report.devices).toMatchObject([{ id: ID, driver: 'blood-pressure-service' }])
  })
})
