import { expect, test } from 'vitest'
import { type Act, episodesOf } from './batch-evaluator.ts'

const LIMITS = [{ citizen: 'citizen-0001', quantity: 'oxygenSaturation', alertLow: 85, warningLow: 88 }]

const acts = (...told: (readonly [minute: number, value: number, doubtful?: 'doubtful'])[]): Act[] =>
  told.map(([minute, value, doubtful], i) => ({
    citizen: 'citizen-0001',
    key: `act-${i}`,
    id: `act-${i}`,
    at: `2026-11-20T12:${String(minute).padStart(2, '0')}:00.000Z`,
    values: { oxygenSaturation: value },
    doubtful: doubtful !== undefined,
  }))
const story = (list: readonly Act[]): string[] =>
  episodesOf(list, LIMITS).map(
    ({ red, closedAt, keys, unstable }) =>
      `${red ? 'red' : 'yellow'} ${closedAt ? 'closed' : 'open'} ${keys.length}${unstable ? ' unstable' : ''}`,
  )

test('a value at the limit opens nothing, one below it does, and one within closes', () => {
  expect(story(acts([1, 88], [2, 87], [3, 88]))).toEqual(['yellow closed 2'])
})
test('an episode turns red below the alert limit and yellow again above it', () => {
  expect(story(acts([1, 84]))).toEqual(['red open 1'])
  expect(story(acts([1, 84], [2, 86]))).toEqual(['yellow open 2'])
})
test('a doubtful value is yellow at most, and closes nothing', () => {
  expect(story(acts([1, 80, 'doubtful'], [2, 95, 'doubtful']))).toEqual(['yellow open 1'])
})
test('the order of the list does not matter, the time of measuring does', () => {
  expect(story(acts([5, 87], [1, 84], [2, 95], [3, 87]))).toEqual(['red closed 2', 'yellow open 2'])
})
test('the seventh change in a day makes it unstable, and it does not end with the next value within', () => {
  const swinging = acts([1, 80], [2, 95], [3, 80], [4, 95], [5, 80], [6, 95], [7, 80], [8, 95])
  expect(story(swinging).at(-1)).toBe('red open 1 unstable')
  expect(story(swinging)).toHaveLength(4)
})
