import { join } from 'node:path'
import { expect, it } from 'vitest'
import { versionAt } from '../../broker/alerts/fold-state.ts'
import { applyRegistry, openRegistry } from '../../broker/registry.ts'
import { type Journal, openJournal } from '../../broker/store/journal.ts'
import { at, count, DOCUMENT, temporaryDirectory } from './core-fixture.ts'

const open = (): Journal => openJournal(join(temporaryDirectory(), 'journal.db'))
const from = '2026-01-01T00:00:00Z'
const limits = { citizen: 'citizen-1', quantity: 'systolic', from, author: 'doctor', reason: 'start' }

it('applies a document once: the second time changes nothing and the version stays', () => {
  const journal = open()
  const first = applyRegistry(journal, DOCUMENT)
  expect(first).toMatchObject({
    version: 1,
    changed: { citizens: 2, devices: 2, assignments: 1, grants: 1, limits: 1 },
  })
  const second = applyRegistry(journal, DOCUMENT)
  expect(second.version).toBe(1)
  expect(Object.values(second.changed)).toEqual(Object.values(second.changed).map(() => 0))
})

it('tells in a dry run what it would do, and does nothing', () => {
  const journal = open()
  expect(applyRegistry(journal, DOCUMENT, { dryRun: true })).toMatchObject({ changed: { citizens: 2 } })
  expect(count(journal, 'citizens')).toBe(0)
  expect(() => applyRegistry(journal, { grants: DOCUMENT.grants }, { dryRun: true })).toThrow(/unknown organisation/)
})

it.each([
  [
    'an unknown citizen',
    { assignments: [{ device: 'cuff-0001', citizen: 'nobody', from: at(0) }] },
    /assignments\[0\]\.citizen: unknown citizen; add it to citizens first/,
  ],
  [
    'an unknown hub',
    { devices: [{ id: 'cuff-0002', hub: 'hub-9999', driver: 'x-y' }] },
    /devices\[0\]\.hub: unknown hub/,
  ],
  [
    'an unknown organisation of a client',
    { clients: [{ id: 'viewer', organisation: 'nowhere' }] },
    /clients\[0\]\.organisation: unknown organisation/,
  ],
  ['an id with a slash', { citizens: [{ id: 'fine' }, { id: 'a/bcd' }] }, /citizens\[1\]\.id: use 4 to 32 characters/],
  ['a section nobody knows', { patients: [] }, /patients/],
  [
    'a time without zone',
    { assignments: [{ device: 'cuff-0001', citizen: 'citizen-1', from: '2026-01-01T08:00:00' }] },
    /assignments\[0\]\.from: use a time with a zone/,
  ],
  [
    'a misspelt quantity',
    { limits: [{ ...limits, quantity: 'spo2' }] },
    /limits\[0\]\.quantity: use one of .*oxygenSaturation/,
  ],
  [
    'a period that ends before it begins',
    { grants: [{ ...DOCUMENT.grants[0], from: at(1), to: at(0) }] },
    /grants\[0\]\.to: must be later than from/,
  ],
])('refuses %s, names the field and changes nothing', (_, wrong, says) => {
  const journal = open()
  applyRegistry(journal, DOCUMENT)
  const before = journal.database.prepare('SELECT count(*) AS n FROM hubs').get()
  const document = { hubs: [{ id: 'hub-new1' }], ...wrong }
  expect(() => applyRegistry(journal, document)).toThrow(
    expect.objectContaining({ code: 'config-invalid', message: expect.stringMatching(says) }),
  )
  expect(journal.database.prepare('SELECT count(*) AS n FROM hubs').get()).toEqual(before)
})

it.each([
  [{ alertLow: 90, warningLow: 90 }, 'limits[0].warningLow: must be above alertLow'],
  [{ warningLow: 100, warningHigh: 95 }, 'limits[0].warningHigh: must be above warningLow'],
  [{ alertLow: 100, alertHigh: 80 }, 'limits[0].alertHigh: must be above alertLow'],
])('refuses limits out of order: %j', (wrong, says) => {
  const journal = open()
  applyRegistry(journal, DOCUMENT)
  const document = { limits: [{ ...limits, from: at(0), ...wrong }] }
  expect(() => applyRegistry(journal, document)).toThrow(
    expect.objectContaining({ code: 'limits-invalid', message: says }),
  )
})

it('names every problem of a document at once', () => {
  const wrong = { grants: [{ organisation: 'none', citizen: 'nobody', from, purpose: 'care' }] }
  expect(() => applyRegistry(open(), wrong)).toThrow(/grants\[0\]\.organisation.*; grants\[0\]\.citizen/)
})

it.each([
  ['the same slot', { slot: 1 }, { slot: 1 }, true],
  ['the whole device and a slot', {}, { slot: 1 }, true],
  ['a slot and the whole device', { slot: 1 }, {}, true],
  ['two slots', { slot: 1 }, { slot: 2 }, false],
])('refuses overlapping assignments of %s', (_, first, second, refused) => {
  const journal = open()
  applyRegistry(journal, { ...DOCUMENT, assignments: [] })
  const assignments = [
    { device: 'scale-0001', citizen: 'citizen-1', from: at(0), to: at(10), ...first },
    { device: 'scale-0001', citizen: 'citizen-2', from: at(5), ...second },
  ]
  if (refused) expect(() => applyRegistry(journal, { assignments })).toThrow(/assignments\[\d\]: overlaps/)
  else expect(applyRegistry(journal, { assignments }).changed).toMatchObject({ assignments: 2 })
})

it('gives a device to the next citizen at the very millisecond at which the first assignment ends', () => {
  const journal = open()
  applyRegistry(journal, DOCUMENT)
  applyRegistry(journal, {
    assignments: [
      { device: 'cuff-0001', citizen: 'citizen-1', from, to: at(0) },
      { device: 'cuff-0001', citizen: 'citizen-2', from: at(0) },
    ],
  })
  const registry = openRegistry(journal)
  expect(registry.citizenFor('cuff-0001', undefined, new Date(Date.parse(at(0)) - 1).toISOString())).toBe('citizen-1')
  expect(registry.citizenFor('cuff-0001', 3, at(0))).toBe('citizen-2')
})

it('finds the limits that held when the value was measured, and never rewrites them', () => {
  const journal = open()
  applyRegistry(journal, {
    ...DOCUMENT,
    limits: [
      { ...limits, warningHigh: 140 },
      { ...limits, warningHigh: 150, from: at(0) },
    ],
  })
  const [timeline] = openRegistry(journal).rulesOf('citizen-1')
  const held = (time: string) => timeline && versionAt(timeline, time)?.rule
  expect(held('2025-12-31T00:00:00.000Z')).toBeUndefined()
  expect(held(at(-1))).toMatchObject({ limits: { warningHigh: 140 } })
  expect(held(at(0))).toMatchObject({ limits: { warningHigh: 150 } })
  const rewritten = { limits: [{ ...limits, warningHigh: 145 }] }
  expect(() => applyRegistry(journal, rewritten)).toThrow(/limits\[0\]\.from: other limits hold from that time already/)
})

it('sees a new version only when it looks', () => {
  const journal = open()
  applyRegistry(journal, DOCUMENT)
  const registry = openRegistry(journal)
  expect(registry.refresh()).toBe(false)
  applyRegistry(journal, { assignments: [{ device: 'scale-0001', citizen: 'citizen-2', from }] })
  expect(registry.citizenFor('scale-0001', undefined, at(0))).toBeUndefined()
  expect(registry.refresh()).toBe(true)
  expect(registry.citizenFor('scale-0001', undefined, at(0))).toBe('citizen-2')
})
