import { describe, expect, it } from 'vitest'
import { commissioningReportSchema } from '../../../broker/contract/installation.ts'
import { PreCareError } from '../../../device-drivers/errors.ts'
import { drivers } from '../../../device-drivers/index.ts'
import { loadConfig } from '../../../gateway/config.ts'
import { writeDurably } from '../../../gateway/durable-file.ts'
import { isSignedBy } from '../../../gateway/visit/report.ts'
import { becomes } from '../transport/radio-fixture.ts'
import { aHome, around, CUFF, hubPublicKey, KIT, SCALE, testOffice, untilStep, visitIn } from './visit-fixture.ts'

const NEVER = new AbortController().signal

/** From the search to the confirmed value, as a technician does it. */
async function commission(visit: ReturnType<typeof visitIn>, id: string, address: string, measure: () => void) {
  visit.search(id)
  measure()
  const found = await untilStep(visit, id, ({ candidates }) => candidates.length > 0)
  expect(found.candidates[0]).toMatchObject({ address, weak: false })
  visit.choose(id, { address })
  return untilStep(visit, id, ({ state }) => state === 'measured')
}

describe('a visit', () => {
  it('brings a kit from the box to a signed report, and no test value is clinical', async () => {
    const { home, clock, cuff, scale } = await aHome()
    const office = testOffice()
    const visit = visitIn(home, office, clock)
    await visit.refresh(NEVER)
    expect((await visit.view()).steps.map(({ id, state }) => [id, state])).toEqual([
      ['cuff-0001', 'waiting'],
      ['scale-0001', 'waiting'],
    ])
    const seen = await commission(visit, 'cuff-0001', CUFF, () =>
      cuff.measure({ systolic: 128, diastolic: 79, pulseRate: 66 }),
    )
    expect(seen.test?.values['systolic']).toMatchObject({ value: 128, unit: 'mm[Hg]' })
    visit.confirm('cuff-0001')
    await commission(visit, 'scale-0001', SCALE, () => scale.measure({ weight: 71.2 }))
    visit.confirm('scale-0001')
    await untilStep(visit, 'scale-0001', ({ serial }) => serial !== undefined)
    expect(home.readings().map(({ device, test }) => [device, test])).toEqual([
      ['cuff-0001', true],
      ['scale-0001', true],
    ])
    await untilStep(visit, 'scale-0001', ({ uplinkMs }) => uplinkMs !== undefined)
    await visit.finish(NEVER)

    const [signed] = office.delivered
    expect(signed && isSignedBy(signed, hubPublicKey)).toBe(true)
    const report = commissioningReportSchema.parse(JSON.parse(signed?.text ?? ''))
    expect(report.devices.map(({ id, model, serial }) => [id, model === undefined, serial === undefined])).toEqual([
      ['cuff-0001', false, false],
      ['scale-0001', false, false],
    ])
    expect(report.uplinkMs).toBeLessThan(5_000)
    expect(signed && isSignedBy({ ...signed, text: signed.text.replace('128', '118') }, hubPublicKey)).toBe(false)

    // From now on it is the citizen's.
    cuff.measure({ systolic: 141, diastolic: 85, pulseRate: 70 })
    await home.until((readings) => readings.length === 3)
    expect(home.readings().at(-1)?.test).toBeUndefined()
  })

  it('goes on where it stopped, and visits nothing in between that was not confirmed', async () => {
    const { home, clock, cuff, scale, ble } = await aHome()
    const office = testOffice()
    const first = visitIn(home, office, clock)
    await first.refresh(NEVER)
    await commission(first, 'cuff-0001', CUFF, () => cuff.measure({ systolic: 128, diastolic: 79, pulseRate: 66 }))
    first.confirm('cuff-0001')
    await commission(first, 'scale-0001', SCALE, () => scale.measure({ weight: 71.2 }))
    first.close()
    await becomes(() => ble.health().linksOpen === 0)

    scale.measure({ weight: 71.4 })
    cuff.measure({ systolic: 130, diastolic: 80, pulseRate: 66 })
    await home.until((readings) => readings.some(({ device, test }) => device === 'cuff-0001' && test === undefined))
    expect(home.readings().filter(({ device }) => device === 'scale-0001')).toHaveLength(1)

    const second = visitIn(home, office, clock)
    expect((await second.view()).visit).toBe((await first.view()).visit)
    expect((await second.view()).steps.map(({ state }) => state)).toEqual(['confirmed', 'measured'])
    second.again('scale-0001')
    const again = await untilStep(second, 'scale-0001', ({ state }) => state === 'measured')
    expect(again.test?.values['weight']).toMatchObject({ value: 71.4 })
  })

  it('binds what was confirmed for good: the configuration has it after a restart', async () => {
    const { home, clock, cuff } = await aHome()
    const visit = visitIn(home, testOffice(), clock)
    await visit.refresh(NEVER)
    await commission(visit, 'cuff-0001', CUFF, () => cuff.measure({ systolic: 128, diastolic: 79, pulseRate: 66 }))
    const path = `${home.dataDir}/hub.json`
    const broker = { url: 'mqtt://127.0.0.1:1', username: 'hub-0001', password: 'none' }
    writeDurably(path, JSON.stringify({ hub: 'hub-0001', dataDir: '.', broker }))
    expect(loadConfig(path, { drivers }).devices).toEqual([])
    visit.confirm('cuff-0001')
    expect(loadConfig(path, { drivers }).devices).toMatchObject([{ id: 'cuff-0001', address: CUFF }])
    visit.skip('cuff-0001', 'defective')
    expect(loadConfig(path, { drivers }).devices).toEqual([])
  })

  it('takes a device away that the clinic has swapped, and keeps the proof of those that stay', async () => {
    const { home, clock, cuff } = await aHome()
    const office = testOffice()
    const visit = visitIn(home, office, clock)
    await visit.refresh(NEVER)
    await commission(visit, 'cuff-0001', CUFF, () => cuff.measure({ systolic: 128, diastolic: 79, pulseRate: 66 }))
    visit.confirm('cuff-0001')
    office.kit = {
      ...KIT,
      revision: 2,
      devices: [
        { id: 'cuff-0001', driver: 'blood-pressure-service' },
        { id: 'scale-0002', driver: 'weight-scale-service' },
      ],
    }
    await visit.refresh(NEVER)
    expect((await visit.view()).steps.map(({ id, state }) => [id, state])).toEqual([
      ['cuff-0001', 'confirmed'],
      ['scale-0002', 'waiting'],
    ])
  })

  it('takes no confirmation back because the device hands over one more', async () => {
    const { home, clock, cuff } = await aHome()
    const visit = visitIn(home, testOffice(), clock)
    await visit.refresh(NEVER)
    await commission(visit, 'cuff-0001', CUFF, () => cuff.measure({ systolic: 128, diastolic: 79, pulseRate: 66 }))
    visit.confirm('cuff-0001')
    visit.stored('cuff-0001', [home.readings()[0]?.id ?? ''])
    const { state, test } = await untilStep(visit, 'cuff-0001', () => true)
    expect([state, test?.confirmedAt]).toEqual(['confirmed', expect.any(String)])
  })

  it('takes what a device remembers of its last home for no proof of today', async () => {
    const { home, clock, cuff } = await aHome()
    const visit = visitIn(home, testOffice(), clock)
    await visit.refresh(NEVER)
    visit.search('cuff-0001')
    cuff.measure({ systolic: 190, diastolic: 110, pulseRate: 90 }, { at: around.wallNow() - 3 * 86_400_000 })
    await untilStep(visit, 'cuff-0001', ({ candidates }) => candidates.length > 0)
    visit.choose('cuff-0001', { address: CUFF })
    const met = await untilStep(visit, 'cuff-0001', (step) => step.met)
    expect([met.state, met.doing]).toEqual(['bound', 'measuring'])
    expect(home.readings().map(({ test }) => test)).toEqual([true])
  })

  it('signs no report before every device is confirmed or left out for a reason', async () => {
    const { home, clock } = await aHome()
    const office = testOffice()
    const visit = visitIn(home, office, clock)
    await visit.refresh(NEVER)
    visit.skip('scale-0001', 'not-delivered')
    await expect(visit.finish(NEVER)).rejects.toThrow(/cuff-0001/)
    visit.skip('cuff-0001', 'defective')
    await visit.finish(NEVER)
    const report = commissioningReportSchema.parse(JSON.parse(office.delivered[0]?.text ?? ''))
    expect(report.skipped).toEqual([
      { id: 'cuff-0001', reason: 'defective' },
      { id: 'scale-0001', reason: 'not-delivered' },
    ])
  })

  it('keeps a signed report that could not be handed over, and hands over that very one', async () => {
    const { home, clock } = await aHome()
    const office = testOffice({ ...KIT, devices: [] })
    const visit = visitIn(home, office, clock)
    await visit.refresh(NEVER)
    office.failure = new PreCareError('uplink-lost', 'no route')
    await expect(visit.finish(NEVER)).rejects.toThrow('no route')
    const { report } = await visit.view()
    office.failure = undefined
    await visit.finish(NEVER)
    expect(office.delivered.map(({ text }) => text)).toEqual([report])
  })
})
