import { describe, expect, it, onTestFinished } from 'vitest'
import { PreCareError } from '../../../device-drivers/errors.ts'
import { createHubClock } from '../../../gateway/hub-clock.ts'
import { createBluezTransport } from '../../../gateway/transport/bluez/bluez.ts'
import { systemTime } from '../../../gateway/transport/transport-time.ts'
import { sentenceFor } from '../../../gateway/visit/sentences.ts'
import { createBloodPressureCuff } from '../../../simulators/devices/blood-pressure-cuff.ts'
import { startHome } from '../../support/home.ts'
import { startBluez, startBus, withDbus } from '../transport/bluez-fixture.ts'
import { becomes, collectingLog } from '../transport/radio-fixture.ts'
import { aHome, around, CUFF, hurriedClock, KIT, testOffice, untilStep, visitIn } from './visit-fixture.ts'

/** What goes wrong in a home, and what the technician is told. */

const NEVER = new AbortController().signal
const ADDRESS = 'c0:30:00:00:00:09'

describe('a step that fails', () => {
  it('for a device asleep says within two minutes that it must be woken', async () => {
    const { home, clock } = await aHome({ clock: hurriedClock() })
    const visit = visitIn(home, testOffice(), clock)
    await visit.refresh(NEVER)
    const before = clock.now()
    visit.search('cuff-0001')
    const { failure } = await untilStep(visit, 'cuff-0001', (step) => step.failure !== undefined)
    expect(clock.now() - before).toBeLessThan(120_000)
    expect(failure).toBe('device-silent')
    expect(sentenceFor('device-silent').da).toMatch(/væk det .*3 sekunder/)
  })

  it('for a device that refuses to pair says how to make it agree', async () => {
    const { home, clock, controller } = await aHome()
    const cuff = createBloodPressureCuff({ id: 'cuff-x', address: ADDRESS, security: 'refuses-pairing' }, around)
    cuff.attachTo(controller)
    onTestFinished(() => cuff.close())
    const visit = visitIn(home, testOffice(), clock)
    await visit.refresh(NEVER)
    visit.search('cuff-0001')
    cuff.measure({ systolic: 120, diastolic: 80, pulseRate: 60 })
    await untilStep(visit, 'cuff-0001', ({ candidates }) => candidates.some(({ address }) => address === ADDRESS))
    visit.choose('cuff-0001', { address: ADDRESS })
    const { trouble, state } = await untilStep(visit, 'cuff-0001', (step) => step.trouble !== undefined)
    expect([trouble, state]).toEqual(['pairing-failed', 'bound'])
    expect(sentenceFor('pairing-failed').en).toMatch(/pairing mode/)
  })

  it('for a device whose clock was never set asks for the clock, and takes no value as proof', async () => {
    const { home, clock, controller } = await aHome()
    const habits = {
      id: 'cuff-x',
      address: ADDRESS,
      timeCharacteristic: 'none',
      clock: { state: 'never-set' },
    } as const
    const cuff = createBloodPressureCuff(habits, around)
    cuff.attachTo(controller)
    onTestFinished(() => cuff.close())
    const visit = visitIn(home, testOffice(), clock)
    await visit.refresh(NEVER)
    visit.search('cuff-0001')
    cuff.measure({ systolic: 120, diastolic: 80, pulseRate: 60 })
    await untilStep(visit, 'cuff-0001', ({ candidates }) => candidates.length > 0)
    visit.choose('cuff-0001', { address: ADDRESS })
    const { trouble, test } = await untilStep(
      visit,
      'cuff-0001',
      (step) => step.trouble !== undefined || step.test !== undefined,
    )
    expect([trouble, test]).toEqual(['clock-wrong', undefined])
    expect(() => visit.confirm('cuff-0001')).toThrow(PreCareError)
  })

  it('for a hub that does not know the time says the same, instead of a value from 1970', async () => {
    const clock = createHubClock({
      bootId: 'boot-1',
      monoMs: () => Math.round(performance.now()),
      unixMs: () => 86_400_000,
      setTimeout: (callback, ms) => {
        const timer = setTimeout(callback, ms)
        return { cancel: () => clearTimeout(timer) }
      },
    })
    const { home, cuff } = await aHome({ clock })
    const visit = visitIn(home, testOffice(), clock)
    await visit.refresh(NEVER)
    visit.search('cuff-0001')
    cuff.measure({ systolic: 120, diastolic: 80, pulseRate: 60 })
    await untilStep(visit, 'cuff-0001', ({ candidates }) => candidates.length > 0)
    visit.choose('cuff-0001', { address: CUFF })
    const { trouble } = await untilStep(visit, 'cuff-0001', (step) => step.trouble !== undefined)
    expect(trouble).toBe('clock-wrong')
    expect((await visit.view()).timeKnown).toBe(false)
  })

  it('for a hub without a radio says so at once', async () => {
    const home = startHome({})
    const clock = createHubClock()
    const visit = visitIn(home, testOffice(), clock)
    await visit.refresh(NEVER)
    expect(() => visit.search('cuff-0001')).toThrow(expect.objectContaining({ code: 'adapter-unavailable' }))
  })

  it('for a line that is down says that nothing is lost, and the next try goes on', async () => {
    const { home, clock } = await aHome({ reached: false })
    const office = testOffice()
    const visit = visitIn(home, office, clock)
    office.failure = new PreCareError('uplink-lost', 'no route')
    await expect(visit.refresh(NEVER)).rejects.toMatchObject({ code: 'uplink-lost' })
    expect(sentenceFor('uplink-lost').da).toMatch(/intet er tabt/)
    office.failure = undefined
    await visit.refresh(NEVER)
    expect((await visit.view()).installation).toBe(KIT.installation)
  })

  it('shows a weak signal before anybody walks away from it', async () => {
    const { home, clock, controller } = await aHome()
    const cuff = createBloodPressureCuff({ id: 'cuff-x', address: ADDRESS }, around)
    cuff.attachTo({ attach: (definition) => controller.attach({ ...definition, rssi: -97 }) })
    onTestFinished(() => cuff.close())
    const visit = visitIn(home, testOffice(), clock)
    await visit.refresh(NEVER)
    visit.search('cuff-0001')
    cuff.measure({ systolic: 120, diastolic: 80, pulseRate: 60 })
    const { candidates } = await untilStep(visit, 'cuff-0001', (step) => step.candidates.length > 0)
    expect(candidates).toMatchObject([{ address: ADDRESS, weak: true }])
  })
})

withDbus('a passkey', () => {
  it('that is wrong is said to be wrong, and the right one pairs', { timeout: 30_000 }, async () => {
    const bus = await startBus()
    const bluez = await startBluez(bus)
    const transport = createBluezTransport({
      bus: bus.address,
      wishOf: () => undefined,
      time: systemTime,
      log: collectingLog([]),
    })
    const home = startHome({ ble: transport })
    const clock = createHubClock()
    const cuff = createBloodPressureCuff({ id: 'cuff-x', address: ADDRESS, security: 'requires-passkey' }, around)
    cuff.attachTo({ attach: (definition) => bluez.attach(definition, { passkey: 314_159 }) })
    onTestFinished(() => cuff.close())
    await becomes(() => transport.health().state === 'ready')
    const visit = visitIn(home, testOffice(), clock)
    await visit.refresh(NEVER)
    visit.search('cuff-0001')
    cuff.measure({ systolic: 120, diastolic: 80, pulseRate: 60 })
    await untilStep(visit, 'cuff-0001', ({ candidates }) => candidates.length > 0)
    visit.choose('cuff-0001', { address: ADDRESS }, { passkey: '000000' })
    const { trouble } = await untilStep(
      visit,
      'cuff-0001',
      (step) => step.trouble !== undefined || step.state === 'measured',
    )
    expect(trouble).toBe('passkey-wrong')
    visit.choose('cuff-0001', { address: ADDRESS }, { passkey: '314159' })
    expect(await untilStep(visit, 'cuff-0001', ({ state }) => state === 'measured')).toBeDefined()
  })
})
