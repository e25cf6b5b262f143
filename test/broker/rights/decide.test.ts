import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Action, decide, type Grant, RIGHTS, ROLES, type Subject } from '../../../broker/rights/decide.ts'
import { decideByTheWords, WORLD } from '../../support/access-oracle.ts'

const grant: Grant = {
  organisation: 'org-north',
  citizen: 'citizen-1',
  from: '2026-03-01T00:00:00.000Z',
  to: '2026-04-01T00:00:00.000Z',
  purpose: 'treatment',
}
const AT = '2026-03-10T00:00:00.000Z'
const nurse: Subject = { role: 'nurse', id: 'user-0001', organisation: 'org-north' }
const about = (grants: readonly Grant[], ...kinds: ('weight' | 'glucose')[]) =>
  ({ type: 'citizen', citizen: 'citizen-1', kinds, grants }) as const

describe('a decision', () => {
  test('says for which purpose it allows', () => {
    expect(decide(nurse, 'readings.read', about([grant], 'weight'), AT)).toEqual({
      allow: true,
      purpose: 'treatment',
      pseudonymous: false,
    })
  })

  test('denies what no line of the table names: a foreign action, a hub, a role without the right', () => {
    const deny = (who: Subject, action: Action) => decide(who, action, about([grant], 'weight'), AT)
    expect(deny(nurse, 'toString' as Action)).toEqual({ allow: false, reason: 'action-unknown' })
    expect(deny({ role: 'hub', id: 'hub-a' }, 'readings.read')).toEqual({ allow: false, reason: 'role' })
    expect(deny({ ...nurse, role: 'administrator' }, 'readings.read')).toEqual({ allow: false, reason: 'role' })
    expect(deny(nurse, 'limits.set')).toEqual({ allow: false, reason: 'role' })
    expect(deny({ ...nurse, role: 'physician' }, 'limits.set')).toMatchObject({ allow: true })
  })

  test('needs a grant for every kind that the data rests on, and any for data that rests on none', () => {
    const weight: Grant = { ...grant, kinds: ['weight'] }
    const glucose: Grant = { ...grant, kinds: ['glucose'] }
    expect(decide(nurse, 'alerts.read', about([weight], 'weight', 'glucose'), AT)).toMatchObject({ reason: 'no-grant' })
    expect(decide(nurse, 'alerts.read', about([weight, glucose], 'weight', 'glucose'), AT).allow).toBe(true)
    expect(decide(nurse, 'alerts.read', about([weight]), AT).allow).toBe(true)
    expect(decide(nurse, 'alerts.read', about([]), AT).allow).toBe(false)
  })

  test('lets research read under pseudonyms and change nothing', () => {
    const research: Grant = { ...grant, pseudonymous: true }
    expect(decide(nurse, 'readings.read', about([research], 'weight'), AT)).toMatchObject({ pseudonymous: true })
    expect(decide(nurse, 'alerts.handle', about([research], 'weight'), AT)).toEqual({
      allow: false,
      reason: 'research-reads-only',
    })
  })

  test('about an organisation is for its own people only', () => {
    const auditor: Subject = { role: 'auditor', id: 'user-0002', organisation: 'org-north' }
    const at = (organisation: string) => decide(auditor, 'audit.read', { type: 'organisation', organisation }, AT)
    expect(at('org-north').allow).toBe(true)
    expect(at('org-south')).toEqual({ allow: false, reason: 'foreign-organisation' })
  })

  test('is the same as by the words of the rules, written a second time (20,000 random cases)', () => {
    const who = fc.record({
      role: fc.constantFrom('hub', 'client', ...ROLES),
      id: fc.constant('somebody'),
      organisation: fc.constantFrom(...WORLD.organisations),
    }) as fc.Arbitrary<Subject>
    const when = fc.constantFrom(...WORLD.times)
    const kinds = fc.uniqueArray(fc.constantFrom(...WORLD.kinds), { maxLength: 3 })
    const oneGrant = fc.record(
      {
        organisation: fc.constantFrom(...WORLD.organisations),
        citizen: fc.constantFrom(...WORLD.citizens),
        from: when,
        purpose: fc.constant('care'),
        to: when,
        kinds: fc.uniqueArray(fc.constantFrom(...WORLD.kinds), { minLength: 1, maxLength: 3 }),
        pseudonymous: fc.constant(true as const),
      },
      { requiredKeys: ['organisation', 'citizen', 'from', 'purpose'] },
    ) as fc.Arbitrary<Grant>
    const resource = fc.oneof(
      fc.record({
        type: fc.constant('citizen' as const),
        citizen: fc.constantFrom(...WORLD.citizens),
        kinds,
        grants: fc.array(oneGrant, { maxLength: 5 }),
      }),
      fc.record({ type: fc.constant('organisation' as const), organisation: fc.constantFrom(...WORLD.organisations) }),
    )
    const action = fc.constantFrom(...(Object.keys(RIGHTS) as Action[]))
    let allowed = 0
    fc.assert(
      fc.property(who, action, resource, when, (subject, wanted, what, at) => {
        const { allow } = decide(subject, wanted, what, at)
        allowed += allow ? 1 : 0
        expect(allow).toBe(decideByTheWords(subject, wanted, what, at))
      }),
      { numRuns: 20_000, seed: 20260301 },
    )
    expect(allowed).toBeGreaterThan(300)
  })
})
