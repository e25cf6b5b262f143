import { expect, test } from 'vitest'
import { PreCareError } from '../../../device-drivers/errors.ts'
import { withDeadline } from '../../../gateway/transport/deadline.ts'
import { ManualTime } from '../../../simulators/time.ts'

const expired = () => new PreCareError('operation-timeout', 'too late')
const pending = () => new Promise<never>(() => undefined)

test('work in time is its result, and its error is its error', async () => {
  const time = new ManualTime()
  expect(await withDeadline(Promise.resolve(7), { time, ms: 10, expired })).toBe(7)
  await expect(withDeadline(Promise.reject(new RangeError('own')), { time, ms: 10, expired })).rejects.toThrow('own')
})

test('work that takes longer is the deadline’s error, not a moment before', async () => {
  const time = new ManualTime()
  let error: unknown
  const work = withDeadline(pending(), { time, ms: 10, expired }).catch((reason: unknown) => {
    error = reason
  })
  time.advance(9)
  await Promise.resolve()
  expect(error).toBeUndefined()
  time.advance(1)
  await work
  expect(error).toMatchObject({ code: 'operation-timeout' })
})

test('an abort ends the wait with its own reason, before or during it', async () => {
  const time = new ManualTime()
  const reason = new PreCareError('adapter-unavailable', 'off')
  const limits = { time, ms: 10, expired }
  await expect(withDeadline(pending(), { ...limits, signals: [AbortSignal.abort(reason)] })).rejects.toBe(reason)
  const stop = new AbortController()
  const work = withDeadline(pending(), { ...limits, signals: [new AbortController().signal, stop.signal] })
  stop.abort('any reason')
  await expect(work).rejects.toMatchObject({ code: 'link-lost', cause: 'any reason' })
})
