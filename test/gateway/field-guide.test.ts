import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { QUARANTINE_PER_DAY } from '../../broker/store/quarantine.ts'
import { ERROR_CODES, type ErrorCode } from '../../device-drivers/errors.ts'
import { fieldGuide, GUIDE_END, GUIDE_START, SYMPTOMS } from '../../gateway/field-guide.ts'

/** Met by whoever types a command or writes a program, with the advice on the screen; not by the staff of a home. */
const NOT_A_SYMPTOM: readonly ErrorCode[] = [
  'backup-unreadable',
  'update-refused',
  'limits-invalid',
  'access-denied',
  'alert-changed',
  'changed-meanwhile',
]

const README = readFileSync(new URL('../../gateway/README.md', import.meta.url), 'utf8')
const SOURCES = [
  'gateway',
  'gateway/identity',
  'broker',
  'broker/identity',
  'broker/contract',
  'broker/store',
  'device-drivers',
]
  .flatMap((dir) => readdirSync(dir).map((name) => `${dir}/${name}`))
  .filter((path) => path.endsWith('.ts') && !path.endsWith('field-guide.ts'))
  .map((path) => readFileSync(path, 'utf8'))
  .join('\n')
/** Counters per hub are made of the name of the count. */
const parts = (name: string): string[] => [
  name,
  name.replace(/_total$/, ''),
  name.replace(/^readings_(.*)_total$/, '$1'),
]

it('stands in the README of the hub as its list has it', () => {
  const between = README.split(GUIDE_START)[1]?.split(GUIDE_END)[0]?.trim()
  expect(between, 'put the output of `node gateway/field-guide.ts` between the markers').toBe(fieldGuide())
})

it('says of every error code that staff can meet how it shows', () => {
  const named = new Set(SYMPTOMS.flatMap(({ codes = [] }) => codes))
  const codes = Object.keys(ERROR_CODES) as ErrorCode[]
  expect(codes.filter((code) => !named.has(code) && !NOT_A_SYMPTOM.includes(code))).toEqual([])
})

it('names no event, metric or field that the sources do not have', () => {
  for (const { seen } of SYMPTOMS) {
    for (const [, name = ''] of seen.matchAll(/`([a-zA-Z_./-]+)`/g)) {
      const last = name.split(/[./]/).at(-1) ?? name
      const known = parts(last).some((part) => new RegExp(`(?<![a-zA-Z_-])${part}(?![a-zA-Z_-])`).test(SOURCES))
      expect(known, `${name} in "${seen}"`).toBe(true)
    }
  }
})

it('says how much of a day goes into quarantine', () => {
  const { entries, bytes } = QUARANTINE_PER_DAY
  const amount = `${entries.toLocaleString('en')} pieces or ${bytes / 2 ** 20} MiB`
  expect(SYMPTOMS.some(({ means }) => means.includes(amount))).toBe(true)
})

it('tells staff in Danish, and everybody what to do', () => {
  for (const { danish, codes = [], act } of SYMPTOMS) {
    expect(danish.length).toBeGreaterThan(5)
    expect(act !== undefined || codes.length > 0, danish).toBe(true)
  }
})
