import { describe, expect, test } from 'vitest'
import type { Driver, RawRecord } from '../../device-drivers/driver.ts'
import { bleDriverFor, driverById, drivers, serialDriverFor } from '../../device-drivers/index.ts'
import { KINDS } from '../../device-drivers/reading.ts'
import { advertisement } from './families/family.ts'
import { tableOf } from './families/index.ts'

/** What every driver must declare and keep to. A new driver adds its sample and its sources to its family's table; without them this test fails. */

/** One advertisement of each Bluetooth driver, as its device sends it. */
const SAMPLES = tableOf('samples')
const SOURCES = tableOf('sources')

const GENERIC_VENDOR = 'Bluetooth SIG'

const radioDrivers = drivers.filter((driver) => driver.transport !== 'serial')

describe('the registry', () => {
  test(`has the ${Object.keys(SOURCES).length} drivers that this test has checked`, () => {
    expect(drivers.map((driver) => driver.about.id).sort()).toEqual(Object.keys(SOURCES).sort())
    expect(Object.keys(SAMPLES).sort()).toEqual(radioDrivers.map((driver) => driver.about.id).sort())
  })

  test('finds every driver by its id, and ids are unique', () => {
    for (const driver of drivers) expect(driverById(driver.about.id)).toBe(driver)
    expect(driverById('nobody')).toBeUndefined()
  })

  test.each(Object.entries(SAMPLES))('%s alone claims its own advertisement', (id, seen) => {
    expect(bleDriverFor(seen)?.about.id).toBe(id)
    const others = radioDrivers.filter((driver) => driver.about.id !== id && driver.match(seen))
    // A vendor's device may advertise a SIG service too; the vendor's driver stands first. Two vendors never.
    expect(others.filter((driver) => driver.about.vendor !== GENERIC_VENDOR).map((d) => d.about.id)).toEqual([])
    if (driverById(id)?.about.vendor === GENERIC_VENDOR) expect(others.map((d) => d.about.id)).toEqual([])
  })

  test('claims nobody who says nothing', () => {
    expect(bleDriverFor(advertisement({}))).toBeUndefined()
    expect(bleDriverFor(advertisement({ name: 'Phone', services: ['1800', '1801'] }))).toBeUndefined()
    expect(serialDriverFor({ path: '/dev/ttyUSB0' })).toBeUndefined()
  })
})

const EMPTY: RawRecord = [{ source: 'none', bytes: new Uint8Array() }]

describe.each(drivers.map((driver): [string, Driver] => [driver.about.id, driver]))('%s', (id, driver) => {
  const { about } = driver

  test('declares everything a clinic must know', () => {
    expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    expect(id.length).toBeLessThanOrEqual(40)
    for (const text of [about.title, about.vendor, about.specialValues, about.commit]) expect(text.trim()).not.toBe('')
    for (const list of [about.models, about.kinds, about.sources]) expect(list.length).toBeGreaterThan(0)
    for (const kind of about.kinds) expect(KINDS).toContain(kind)
    expect(['flag', 'fixed', 'read-from-device', 'none']).toContain(about.unitRule)
    expect(['device-time', 'device-time-optional', 'no-device-time', 'base-time-and-offset']).toContain(about.timeRule)
    expect(['none', 'optional', 'required']).toContain(about.userSlots)
    expect(['none', 'sent-once', 'resent-until-deleted', 'record-access']).toContain(about.storedRecords)
    expect(['none', 'optional', 'required']).toContain(about.bonding)
    expect(['captured from a device', 'specification only']).toContain(about.evidence)
    expect(typeof about.setsClock).toBe('boolean')
  })

  test('has a commit exactly when it says that commit does something', () => {
    const says = !about.commit.startsWith('none')
    expect('commit' in driver && driver.commit !== undefined).toBe(says)
    if (about.storedRecords === 'resent-until-deleted') expect(says).toBe(true)
  })

  test('refuses an empty packet with a typed error', () => {
    expect(() => driver.decode(EMPTY)).toThrow(expect.objectContaining({ name: 'PreCareError' }))
  })
})
