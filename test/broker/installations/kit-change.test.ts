import { createPrivateKey, createPublicKey } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { CommissioningReport } from '../../../broker/contract/installation.ts'
import { openInstallations } from '../../../broker/installations/installations.ts'
import { openRegistry } from '../../../broker/registry.ts'
import { openJournal } from '../../../broker/store/journal.ts'
import { newKey } from '../../../gateway/identity/certificate-request.ts'
import { signText } from '../../../gateway/visit/report.ts'
import { at, idOf, temporaryDirectory } from '../core-fixture.ts'

/** A kit that the clinic changes while it stands in the home. */

const OLD = 'blood-pressure-service'
const NEW = 'omron-cuff'
const kit = (driver: string, slots?: readonly { slot: number; citizen: string }[]) => ({
  installation: 'inst-0001',
  hub: 'hub-0001',
  citizen: 'citizen-1',
  devices: [{ id: 'cuff-0001', driver, ...(slots && { slots }) }],
})

function aClinic() {
  const journal = openJournal(join(temporaryDirectory(), 'journal.db'))
  onTestFinished(() => journal.close())
  let minutes = 0
  const installations = openInstallations({ journal, audit: () => undefined, now: () => at(minutes) })
  const registry = openRegistry(journal)
  const pem = newKey()
  const publicKey = createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'pem' }).toString()
  return {
    installations,
    passes: (now: number) => {
      minutes = now
    },
    owner: (minute: number, slot?: number) => {
      registry.refresh()
      return registry.citizenFor('cuff-0001', slot, at(minute))
    },
    /** A visit at the hub, in which the cuff was confirmed at that minute. */
    commission(visit: string, revision: number, driver: string, confirmedMinute: number) {
      const confirmedAt = at(confirmedMinute)
      const report: CommissioningReport = {
        ...{
          visit,
          installation: 'inst-0001',
          hub: 'hub-0001',
          revision,
          software: '0.1.0',
          uplinkMs: 40,
          skipped: [],
        },
        startedAt: at(confirmedMinute - 5),
        finishedAt: at(minutes),
        devices: [
          {
            id: 'cuff-0001',
            driver,
            test: {
              reading: idOf(visit),
              kind: 'blood-pressure',
              values: { systolic: { value: 120, unit: 'mm[Hg]', decimals: 0 } },
              measuredAt: confirmedAt,
              confirmedAt,
            },
          },
        ],
      }
      installations.accept('hub-0001', signText(JSON.stringify(report), createPrivateKey(pem)), publicKey)
    },
  }
}

describe('another model under the same id', () => {
  it('ends the old one at the change; between the two nobody is guessed, and both belong to the citizen', () => {
    const { installations, commission, passes, owner } = aClinic()
    installations.register(kit(OLD), 'nurse-1')
    passes(10)
    commission('visit-0001', 1, OLD, 9)
    passes(100)
    expect(installations.register(kit(NEW), 'nurse-1').revision).toBe(2)
    expect([owner(50), owner(101)]).toEqual(['citizen-1', undefined])
    passes(120)
    commission('visit-0002', 2, NEW, 119)
    expect([9, 50, 99, 101, 118, 119, 200].map((minute) => owner(minute))).toEqual([
      ...['citizen-1', 'citizen-1', 'citizen-1', undefined, undefined, 'citizen-1', 'citizen-1'],
    ])
  })

  it('reaches back over no change of the kit, whatever time its proof claims', () => {
    const { installations, commission, passes, owner } = aClinic()
    installations.register(kit(OLD), 'nurse-1')
    passes(10)
    commission('visit-0001', 1, OLD, 9)
    passes(100)
    installations.register(kit(NEW), 'nurse-1')
    passes(120)
    commission('visit-0002', 2, NEW, 20)
    expect([owner(99), owner(121)]).toEqual(['citizen-1', 'citizen-1'])
  })
})

describe('a user slot', () => {
  const both = [
    { slot: 1, citizen: 'citizen-1' },
    { slot: 2, citizen: 'citizen-2' },
  ]

  it('that is nobody’s any more ends, the other goes on without a gap', () => {
    const { installations, commission, passes, owner } = aClinic()
    installations.register(kit(OLD, both), 'nurse-1')
    passes(10)
    commission('visit-0001', 1, OLD, 9)
    passes(100)
    installations.register(kit(OLD, both.slice(0, 1)), 'nurse-1')
    expect([owner(50, 2), owner(101, 2), owner(50, 1), owner(101, 1)]).toEqual([
      ...['citizen-2', undefined, 'citizen-1', 'citizen-1'],
    ])
  })

  it('does not change hands under a kit that goes on', () => {
    const { installations, commission, passes } = aClinic()
    installations.register(kit(OLD, both), 'nurse-1')
    passes(10)
    commission('visit-0001', 1, OLD, 9)
    const swapped = both.map(({ slot, citizen }) => ({ slot: 3 - slot, citizen }))
    expect(() => installations.register(kit(OLD, swapped), 'nurse-1')).toThrow(
      /devices\.0\.id: is assigned to somebody/,
    )
  })
})

describe('a second report of one visit', () => {
  it('is refused when it says something else, and taken when it is the same', () => {
    const { installations, commission, passes } = aClinic()
    installations.register(kit(OLD), 'nurse-1')
    passes(10)
    commission('visit-0001', 1, OLD, 9)
    commission('visit-0001', 1, OLD, 9)
    expect(() => commission('visit-0001', 1, OLD, 8)).toThrow(expect.objectContaining({ code: 'visit-refused' }))
    expect(installations.reports('inst-0001')).toHaveLength(1)
  })
})
