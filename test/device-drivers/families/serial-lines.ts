import { expect } from 'vitest'
import type { Decoded } from '../../../device-drivers/driver.ts'
import type { Check, Family } from './family.ts'

/** Devices on a serial line. */

const field = (about: Decoded, name: string): unknown => {
  const found = about.fields.find((f) => f.name === name)
  if (found === undefined) throw new Error(`no field '${name}'`)
  return found.value
}

const fieldIs =
  (name: string): Check =>
  (about, expected) =>
    expect(field(about, name), name).toBe(expected)

const valueIs =
  (name: string): Check =>
  (about, expected) =>
    expect(about.measurements[0]?.values[name], name).toMatchObject({ value: expected })

const CHECKS: Readonly<Record<string, Check>> = {
  // Vitalograph
  deviceId: fieldIs('Device Id'),
  fev1_L: valueIs('fev1'),
  fev6_L: valueIs('fev6'),
  ratio: valueIs('fev1Fev6Ratio'),
  fef2575: fieldIs('FEF25-75'),
  goodTest: (about, expected) => {
    expect(field(about, 'Good Test')).toBe(expected)
    expect(about.measurements[0]?.status.includes('poor-blow')).toBe(!expected)
  },
  softwareVersion: fieldIs('Software Version'),
  // The answer is what `commit` writes.
  reply: (about, expected) => {
    expect(expected).toBe('06')
    expect(about.measurements).toHaveLength(1)
  },
  // Masimo
  pi: valueIs('perfusionIndex'),
  timestamp: (about, expected) => {
    expect(about.measurements[0]?.deviceTime).toBe(expected)
    expect(about.fields.some((f) => f.value === expected)).toBe(true)
  },
  exc: fieldIs('Exceptions'),
  // OneTouch
  text: (about, expected) => {
    const sum = about.fields.find((f) => f.name === 'Checksum')
    expect(about.surplusBytes).toBeUndefined()
    if (sum !== undefined) expect(String(expected).endsWith(` ${sum.value}`)).toBe(true)
  },
  count: fieldIs('Number of Records'),
  unit: (about, expected) =>
    expect(String(field(about, 'Display Unit')).toLowerCase()).toBe(String(expected).toLowerCase()),
  checksum: (about, expected) => expect(`0x${field(about, 'Checksum')}`).toBe(expected),
  // A wrong one is refused.
  checksumOk: (_, expected) => expect(expected).toBe(true),
  mgdL: (about, expected) => {
    expect(field(about, 'Glucose')).toBe(expected)
    const glucose = about.measurements[0]?.values['glucose']
    expect(glucose).toMatchObject({ unit: 'mmol/L', decimals: 1 })
    expect(Math.abs((glucose && 'value' in glucose ? glucose.value : 0) - Number(expected) / 18.0156)).toBeLessThan(
      0.06,
    )
  },
  meal: fieldIs('Meal Flag'),
  comment: fieldIs('Comment'),
}

export const serialLines: Family = {
  samples: {},
  sources: {
    'contec-cms50-old': ['contec-cms50-old', 'unsettled'],
    'contec-cms50-new': ['contec-cms50-new', 'unsettled'],
    'masimo-ascii': ['masimo-ascii', 'unsettled'],
    'vitalograph-lung-monitor': ['vitalograph-lm'],
    'onetouch-ultra2': ['onetouch-ultra2'],
    'onetouch-ultramini': ['onetouch-ultramini'],
  },
  notYetSupported: {},
  services: ['SPP 9600?', 'serial 9600 8N1'],
  checks: CHECKS,
  exceptions: {},
}
