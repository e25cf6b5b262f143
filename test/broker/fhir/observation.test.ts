import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decimalOf, decimalText } from '../../../broker/fhir/decimal.ts'
import { withOffset } from '../../../broker/fhir/local-time.ts'
import { observationOf } from '../../../broker/fhir/observation.ts'
import type { Reading } from '../../../device-drivers/reading.ts'
import { anyReading } from './arbitrary-reading.ts'
import { publishedSchema, r4Problems } from './r4.ts'
import { type AnyObservation, vitalSignsProblems } from './vital-signs-rules.ts'

const textOf = (reading: Reading): string =>
  JSON.stringify(observationOf({ citizen: 'citizen-0001', hub: 'hub-0001', storedAt: reading.receivedAt, reading }))

/** What a reader sees, however the numbers are spelt. */
const seen = (reading: Reading) => JSON.parse(textOf(reading)) as AnyObservation & Record<string, unknown>

const BASE: Reading = {
  id: 'a'.repeat(32),
  kind: 'oxygen-saturation',
  values: { oxygenSaturation: { value: 48, unit: '%', decimals: 1 } },
  status: [],
  measuredAt: '2026-03-01T12:00:00.000Z',
  receivedAt: '2026-03-01T12:00:00.000Z',
  clock: { quality: 'synced' },
  device: 'oximeter-1',
  driver: 'nonin-df13',
  origin: 'automatic',
}

describe('the published schema', () => {
  it('is that of R4, whole', () => {
    expect(publishedSchema.id).toBe('http://hl7.org/fhir/json-schema/4.0')
    expect(publishedSchema.oneOf.length).toBeGreaterThanOrEqual(146)
    expect(publishedSchema.definitions['Observation']?.required).toEqual(['code', 'resourceType'])
  })

  it.each([
    ['a status of no value set', { status: 'done' }, 'status'],
    ['an element that R4 does not know', { valueNumber: 3 }, 'additional'],
    ['a text that is a number', { code: { text: 5 } }, 'string'],
    ['a time that is none', { effectiveDateTime: 'yesterday' }, 'pattern'],
    ['a number as text', { valueQuantity: { value: '48.0' } }, 'number'],
    ['a broken resource inside', { contained: [{ resourceType: 'Observation', id: 'x', status: 7 }] }, 'Observation'],
  ])('refuses %s', (_what, change, said) => {
    expect(r4Problems(seen(BASE))).toEqual([])
    expect(r4Problems({ ...seen(BASE), ...change }).join()).toContain(said)
  })
})

describe('any reading', () => {
  it('becomes a valid R4 Observation that fulfils the profile of its code, a thousand times', () => {
    let made = 0
    fc.assert(
      fc.property(anyReading, (reading) => {
        const observation = seen(reading)
        expect(r4Problems(observation)).toEqual([])
        expect(vitalSignsProblems(observation)).toEqual([])
        made += 1
      }),
      { numRuns: 1_000 },
    )
    expect(made).toBe(1_000)
  })

  it('keeps every number that the citizen may be shown, with the decimals of the device', () => {
    fc.assert(
      fc.property(anyReading, (whole) => {
        const reading = { ...whole, status: [] }
        const text = textOf(reading)
        for (const value of Object.values(reading.values)) {
          if ('value' in value)
            expect(text).toContain(`"valueQuantity":{"value":${value.value.toFixed(value.decimals)},`)
        }
        const quantities = text.split('"valueQuantity"').length - 1
        expect(quantities).toBe(Object.values(reading.values).filter((value) => 'value' in value).length)
      }),
      { numRuns: 300 },
    )
  })

  it('has its MDC code first, then LOINC, then the Danish code, then one of the house', () => {
    const order = ['urn:iso:std:iso:11073:10101', 'http://loinc.org', 'urn:oid:', 'urn:precare:quantity']
    const place = (system: string) => order.findIndex((start) => system.startsWith(start))
    fc.assert(
      fc.property(anyReading, (reading) => {
        const observation = seen(reading)
        for (const { code } of [observation, ...(observation.component ?? [])]) {
          const places = (code.coding ?? []).map(({ system }) => place(system ?? ''))
          expect(places).not.toContain(-1)
          expect(places).toEqual(places.toSorted((a, b) => a - b))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('gives no number when it is not of the citizen, or invalid', () => {
    const spoilt = fc.constantFrom<Reading['status'][number]>(
      'control-solution',
      'demonstration',
      'test',
      'invalid',
      'sensor-fault',
    )
    fc.assert(
      fc.property(anyReading, spoilt, (reading, status) => {
        const text = textOf({ ...reading, status: [status] })
        expect(text).not.toContain('valueQuantity')
        expect(text.includes('HTEST')).toBe(!['invalid', 'sensor-fault'].includes(status))
      }),
      { numRuns: 300 },
    )
  })
})

describe('a reading', () => {
  it('of a technician does not leave', () => {
    expect(
      observationOf({ citizen: 'c-01', hub: 'h-01', storedAt: BASE.receivedAt, reading: { ...BASE, test: true } }),
    ).toBeUndefined()
  })

  it('that is the same twice has the same identifiers, and another one has others', () => {
    const identifiers = (change: Partial<Reading>) => seen({ ...BASE, ...change })['identifier']
    expect(identifiers({ receivedAt: '2026-03-02T12:00:00.000Z' })).toEqual(identifiers({}))
    const first = (change: Partial<Reading>) => (identifiers(change) as { value: string }[])[0]?.value
    const others = [
      first({}),
      first({ measuredAt: '2026-03-01T12:00:01.000Z' }),
      first({ values: { oxygenSaturation: { value: 49, unit: '%', decimals: 1 } } }),
      first({ device: 'oximeter-2' }),
      first({ sequence: 4 }),
    ]
    expect(new Set(others).size).toBe(others.length)
  })

  it('has no decimals made up and none lost', () => {
    expect([decimalText(48, 1), decimalText(48, 0), decimalText(5.55, 1), decimalText(0, 2)]).toEqual([
      '48.0',
      '48',
      '5.55',
      '0.00',
    ])
    expect(JSON.stringify({ value: decimalOf(48, 1) })).toBe('{"value":48.0}')
  })

  it('carries the offset of the day it was made, on both sides of each change of clock', () => {
    const local = (utc: string) => withOffset(utc, 'Europe/Copenhagen')
    expect(local('2026-03-29T00:59:59.000Z')).toBe('2026-03-29T01:59:59+01:00')
    expect(local('2026-03-29T01:00:00.000Z')).toBe('2026-03-29T03:00:00+02:00')
    expect(local('2026-10-25T00:59:59.000Z')).toBe('2026-10-25T02:59:59+02:00')
    expect(local('2026-10-25T01:00:00.000Z')).toBe('2026-10-25T02:00:00+01:00')
  })
})
