import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { AuditEntry } from '../../../broker/audit/entry.ts'
import type { CommissioningReport } from '../../../broker/contract/installation.ts'
import { openInstallations } from '../../../broker/installations/installations.ts'
import { openRegistry } from '../../../broker/registry.ts'
import { openJournal } from '../../../broker/store/journal.ts'
import { signText } from '../../../gateway/visit/report.ts'
import { at, idOf, temporaryDirectory } from '../core-fixture.ts'

const WISH = {
  installation: 'inst-0001',
  hub: 'hub-0001',
  citizen: 'citizen-1',
  devices: [
    { id: 'cuff-0001', driver: 'blood-pressure-service' },
    {
      id: 'scale-0001',
      driver: 'weight-scale-service',
      slots: [
        { slot: 1, citizen: 'citizen-1' },
        { slot: 2, citizen: 'citizen-1' },
      ],
    },
  ],
}

const keys = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { privateKey, publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() }
}

function aClinic() {
  const journal = openJournal(join(temporaryDirectory(), 'journal.db'))
  onTestFinished(() => journal.close())
  const rows: AuditEntry[] = []
  const installations = openInstallations({ journal, audit: (row) => void rows.push(row), now: () => at(0) })
  const registry = openRegistry(journal)
  const owner = (device: string, slot: number | undefined, when: string) => {
    registry.refresh()
    return registry.citizenFor(device, slot, when)
  }
  return { journal, rows, installations, owner }
}

const proof = (device: string, confirmedAt: string): CommissioningReport['devices'][number] => ({
  id: device,
  driver: device === 'cuff-0001' ? 'blood-pressure-service' : 'weight-scale-service',
  test: {
    reading: idOf(device),
    kind: 'weight',
    values: { weight: { value: 71.2, unit: 'kg', decimals: 1 } },
    measuredAt: confirmedAt,
    confirmedAt,
  },
})

const report = (change: Partial<CommissioningReport> = {}): CommissioningReport => ({
  visit: 'visit-0001',
  installation: 'inst-0001',
  hub: 'hub-0001',
  revision: 1,
  startedAt: at(-30),
  finishedAt: at(-1),
  software: '0.1.0',
  uplinkMs: 40,
  devices: [proof('cuff-0001', at(-10)), proof('scale-0001', at(-5))],
  skipped: [],
  ...change,
})

describe('an installation', () => {
  it('makes devices the citizen’s when their test was confirmed, and not a moment before', () => {
    const { installations, owner, rows } = aClinic()
    const { privateKey, publicKey } = keys()
    expect(installations.register(WISH, 'nurse-1')).toEqual({ installation: 'inst-0001', revision: 1 })
    expect(owner('cuff-0001', undefined, at(0))).toBeUndefined()
    installations.accept('hub-0001', signText(JSON.stringify(report()), privateKey), publicKey)
    expect(owner('cuff-0001', undefined, at(-10))).toBe('citizen-1')
    expect(owner('cuff-0001', undefined, at(-11))).toBeUndefined()
    expect(owner('scale-0001', 2, at(0))).toBe('citizen-1')
    expect(owner('scale-0001', 3, at(0))).toBeUndefined()
    expect(installations.state('inst-0001')?.state).toBe('commissioned')
    expect(rows.map(({ action }) => action)).toEqual(['installation.register', 'installation.commission'])
  })

  it('tells the hub which devices and slots, and of no citizen', () => {
    const { installations } = aClinic()
    installations.register(WISH, 'nurse-1')
    expect(installations.kitOf('hub-0001')).toEqual({
      installation: 'inst-0001',
      hub: 'hub-0001',
      revision: 1,
      devices: [
        { id: 'cuff-0001', driver: 'blood-pressure-service' },
        { id: 'scale-0001', driver: 'weight-scale-service', slots: [1, 2] },
      ],
    })
    expect(JSON.stringify(installations.kitOf('hub-0001'))).not.toContain('citizen')
    expect(() => installations.kitOf('hub-0002')).toThrow(expect.objectContaining({ code: 'access-denied' }))
  })

  it('takes a report once, however often it comes', () => {
    const { installations, rows } = aClinic()
    const { privateKey, publicKey } = keys()
    installations.register(WISH, 'nurse-1')
    const signed = signText(JSON.stringify(report()), privateKey)
    installations.accept('hub-0001', signed, publicKey)
    installations.accept('hub-0001', signed, publicKey)
    expect(installations.reports('inst-0001')).toHaveLength(1)
    expect(rows.filter(({ action }) => action === 'installation.commission')).toHaveLength(1)
  })

  it.each<[string, Partial<CommissioningReport>, 'own' | 'other', string, string]>([
    ['another key', {}, 'other', 'hub-0001', 'access-denied'],
    ['another hub', { hub: 'hub-0002' }, 'own', 'hub-0001', 'access-denied'],
    ['a hub that stands elsewhere', { hub: 'hub-0002' }, 'own', 'hub-0002', 'access-denied'],
    ['an earlier kit', { revision: 7 }, 'own', 'hub-0001', 'visit-refused'],
    ['a device outside the kit', { devices: [proof('ring-0009', at(-5))] }, 'own', 'hub-0001', 'visit-refused'],
  ])('refuses a report of %s, and nothing becomes anybody’s', (_, change, whose, hub, code) => {
    const { installations, owner } = aClinic()
    const [mine, other] = [keys(), keys()]
    installations.register(WISH, 'nurse-1')
    const signed = signText(JSON.stringify(report(change)), (whose === 'own' ? mine : other).privateKey)
    expect(() => installations.accept(hub, signed, mine.publicKey)).toThrow(expect.objectContaining({ code }))
    expect(owner('cuff-0001', undefined, at(0))).toBeUndefined()
    expect(installations.reports('inst-0001')).toEqual([])
  })

  it('can be changed, and a device that leaves the kit is nobody’s from that moment', () => {
    const { installations, owner } = aClinic()
    const { privateKey, publicKey } = keys()
    installations.register(WISH, 'nurse-1')
    installations.accept('hub-0001', signText(JSON.stringify(report()), privateKey), publicKey)
    const [cuff] = WISH.devices
    expect(installations.register({ ...WISH, devices: [cuff] }, 'nurse-1').revision).toBe(2)
    expect(owner('scale-0001', 1, at(0))).toBeUndefined()
    expect(owner('scale-0001', 1, at(-1))).toBe('citizen-1')
    expect(owner('cuff-0001', undefined, at(5))).toBe('citizen-1')
    expect(installations.state('inst-0001')?.state).toBe('registered')
  })

  it('is refused while a device or the hub still stands with somebody else, naming the field and the remedy', () => {
    const { installations } = aClinic()
    const { privateKey, publicKey } = keys()
    installations.register(WISH, 'nurse-1')
    installations.accept('hub-0001', signText(JSON.stringify(report()), privateKey), publicKey)
    const next = { ...WISH, installation: 'inst-0002', citizen: 'citizen-2' }
    expect(() => installations.register(next, 'nurse-1')).toThrow(/hub: stands in inst-0001; take that back first/)
    expect(() => installations.register({ ...next, hub: 'hub-0002', devices: WISH.devices.slice(0, 1) }, 'n')).toThrow(
      /devices\.0\.id: is assigned to somebody else/,
    )
    installations.end('inst-0001', 'nurse-1')
    expect(installations.register(next, 'nurse-1').revision).toBe(1)
  })

  it('names every field that is wrong', () => {
    const { installations } = aClinic()
    expect(() => installations.register({ ...WISH, hub: 'Hub 1', extra: 1 }, 'nurse-1')).toThrow(/hub: .*4 to 32/)
  })
})
