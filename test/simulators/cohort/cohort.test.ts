import { describe, expect, it } from 'vitest'
import { isNumber, readingSchema } from '../../../device-drivers/reading.ts'
import { cohort, type Person } from '../../../simulators/cohort/cohort.ts'
import { copdCourse, feverCourse, gainCourse } from '../../../simulators/cohort/courses.ts'
import { PARAMETERS, parameter } from '../../../simulators/cohort/parameters.ts'

const people = cohort({ seed: 7 })
const values = ({ readings }: Person, quantity: string): number[] =>
  readings.flatMap(({ values, status }) => {
    const value = values[quantity]
    return isNumber(value) && status.length === 0 ? [value.value] : []
  })
const mean = (all: readonly number[]): number => all.reduce((sum, value) => sum + value, 0) / all.length
const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0
/** By quartiles, so that disturbed readings do not count. */
const spread = (all: readonly number[]): number => {
  const sorted = [...all].sort((a, b) => a - b)
  return ((sorted[Math.floor(sorted.length * 0.75)] ?? 0) - (sorted[Math.floor(sorted.length * 0.25)] ?? 0)) / 1.349
}

describe('a cohort', () => {
  it('is 200 people with 40 planted exacerbations, the same for the same seed and others for another', () => {
    expect(people).toHaveLength(200)
    expect(people.filter(({ exacerbation }) => exacerbation !== undefined)).toHaveLength(40)
    expect(cohort({ seed: 7 })).toEqual(people)
    expect(cohort({ seed: 8 })).not.toEqual(people)
  })

  it('measures in the product’s own shape, each reading with an id of its own', () => {
    const readings = people.flatMap((person) => person.readings)
    for (const reading of readings.slice(0, 500)) expect(() => readingSchema.parse(reading)).not.toThrow()
    expect(new Set(readings.map(({ id }) => id)).size).toBe(readings.length)
  })

  it('has the noise, the missed days and the disturbed readings of its table', () => {
    const stable = people.filter(({ condition, exacerbation }) => condition === 'copd' && exacerbation === undefined)
    // Rounding to whole numbers adds a little.
    expect(mean(stable.map((person) => spread(values(person, 'oxygenSaturation'))))).toBeCloseTo(
      parameter('saturationWithin'),
      0,
    )
    expect(mean(stable.map((person) => spread(values(person, 'pulseRate'))))).toBeGreaterThan(
      parameter('pulseWithin') - 1,
    )
    expect(mean(stable.map((person) => spread(values(person, 'pulseRate'))))).toBeLessThan(
      parameter('pulseWithin') + 1.5,
    )
    const measured = mean(people.map(({ readings }) => readings.filter(({ kind }) => kind !== 'symptoms').length / 60))
    expect(measured).toBeGreaterThan(0.8)
    expect(measured).toBeLessThan(0.95)
    const all = stable.flatMap(({ readings }) => readings.filter(({ kind }) => kind !== 'symptoms'))
    const marked = all.filter(({ status }) => status.length > 0).length / all.length
    expect(marked).toBeCloseTo(parameter('artefact') * parameter('artefactMarked'), 1)
  })

  it('changes the ill by what was planted, days before the onset, some of them weakly', () => {
    const ill = people.filter(({ condition, exacerbation }) => condition === 'copd' && exacerbation !== undefined)
    const changes = ill.map((person) => {
      const { changesFrom, onset, until } = person.exacerbation ?? { changesFrom: '', onset: '', until: '' }
      const near = person.readings.filter(({ measuredAt }) => measuredAt >= onset && measuredAt < until).slice(0, 6)
      const before = person.readings.filter(({ measuredAt }) => measuredAt < changesFrom)
      return (
        median(values({ ...person, readings: near }, 'pulseRate')) -
        median(values({ ...person, readings: before }, 'pulseRate'))
      )
    })
    expect(mean(changes)).toBeGreaterThan(parameter('copdPulseRise') * 0.7)
    expect(mean(changes)).toBeLessThan(parameter('copdPulseRise') * 1.9)
    const strengths = people.flatMap(({ exacerbation }) => exacerbation?.strength ?? [])
    expect(Math.min(...strengths)).toBeLessThan(0.5)
    expect(Math.max(...strengths)).toBeGreaterThan(1.4)
  })

  it('names a source for each figure', () => {
    for (const { source } of Object.values(PARAMETERS)) expect(source.length).toBeGreaterThan(5)
  })
})

describe('the course of an exacerbation', () => {
  it.each([
    [copdCourse, 'copdProdrome', 'copdRecovery'],
    [gainCourse, 'gainFrom', 'gainRecovery'],
    [feverCourse, 'feverProdrome', 'feverRecovery'],
  ] as const)('begins before the onset, is at full strength there, and ends', (course, before, after) => {
    expect(course(-parameter(before) - 1)).toBe(0)
    expect(course(-parameter(before) / 2)).toBeGreaterThan(0)
    expect(course(0)).toBeCloseTo(1)
    expect(course(parameter(after) + 1)).toBe(0)
  })
})
