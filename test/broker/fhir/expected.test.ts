import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import { feedReadingSchema } from '../../../broker/contract/messages.ts'
import { type FeedRecord, observationOf } from '../../../broker/fhir/observation.ts'
import { KINDS } from '../../../device-drivers/reading.ts'
import { r4Problems } from './r4.ts'
import { type AnyObservation, vitalSignsProblems } from './vital-signs-rules.ts'

/** Observations written by hand from the rules, each compared with what the converter makes of the same reading. */

const FOLDER = new URL('expected/', import.meta.url)
const files = readdirSync(FOLDER)

/** JSON with every number as its own text, so that 48.0 and 48 are two things. */
const digitByDigit = (text: string): unknown =>
  JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? `number ${context?.source}` : value,
  )

const parsed = files.map((file) => {
  const text = readFileSync(new URL(file, FOLDER), 'utf8')
  const { title, record } = JSON.parse(text) as { title: string; record: FeedRecord }
  return { file, text, title, record, observation: (digitByDigit(text) as { observation: unknown }).observation }
})

describe.each(parsed)('$file: $title', ({ text, record, observation }) => {
  it('is what the converter makes, digit by digit', () => {
    expect(digitByDigit(JSON.stringify(observationOf(record)))).toEqual(observation)
  })

  it('starts from a reading that this house takes, and is valid R4 and a valid vital sign', () => {
    expect(feedReadingSchema.safeParse({ cursor: 1, ...record }).error).toBeUndefined()
    const expected = (JSON.parse(text) as { observation: AnyObservation }).observation
    expect(r4Problems(expected)).toEqual([])
    expect(vitalSignsProblems(expected)).toEqual([])
  })
})

test('there is one for each kind of reading', () => {
  expect(new Set(parsed.map(({ record }) => record.reading.kind))).toEqual(new Set(KINDS))
})
