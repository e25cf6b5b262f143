import { expect, it } from 'vitest'
import { PreCareError } from '../../device-drivers/errors.ts'
import { sparing } from '../../gateway/sparing.ts'

const HOUR_MS = 3600_000

it('says a fault that repeats again and again once an hour, and another one at once', () => {
  let now = 0
  const said: string[] = []
  const failed = sparing({ now: () => now }, ({ reason = '' }) => said.push(reason))
  for (; now < 24 * HOUR_MS; now += 10_000) {
    failed(new PreCareError('store-failed', 'a bad block'))
    if (now === 50_000 || now === 70_000) failed(new PreCareError('store-failed', 'another'))
  }
  expect(said.filter((reason) => reason.includes('a bad block'))).toHaveLength(24)
  expect(said.indexOf('another')).toBe(1)
  expect(said.filter((reason) => reason === 'another')).toHaveLength(1)
})
