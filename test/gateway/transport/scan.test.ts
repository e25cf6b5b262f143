import { expect, test } from 'vitest'
import { Scan } from '../../../gateway/transport/scan.ts'
import { ManualTime } from '../../../simulators/time.ts'

const SILENCE = 90_000

function scanOf(deafAfterMs?: number) {
  const time = new ManualTime()
  const done: string[] = []
  const scan = new Scan(
    time,
    SILENCE,
    (step) => void done.push(step),
    () => deafAfterMs,
  )
  return { time, done, scan, scanner: { start: () => void done.push('start'), stop: () => void done.push('stop') } }
}

test('it scans while the radio is on, and pauses while anybody connects', async () => {
  const { done, scan, scanner } = scanOf()
  scan.on(scanner)
  const first = scan.pause()
  scan.stopped()
  await first
  await scan.pause()
  scan.resume()
  expect(done).toEqual(['start', 'stop'])
  scan.resume()
  expect(done).toEqual(['start', 'stop', 'start'])
  expect(scan.restarts).toBe(0)
})

test('a controller that never says that it stopped delays a connection by a second only', async () => {
  const { time, scan, scanner } = scanOf()
  scan.on(scanner)
  const pause = scan.pause()
  time.advance(1_000)
  await pause
})

test('a scan stopped by somebody else starts again, once for many stops', () => {
  const { time, done, scan, scanner } = scanOf()
  scan.on(scanner)
  scan.stopped()
  scan.stopped()
  expect(done).toEqual(['start'])
  time.advance(500)
  expect(done).toEqual(['start', 'start'])
  expect(scan.restarts).toBe(2)
})

test('nothing is started when the radio went off meanwhile', () => {
  const { time, done, scan, scanner } = scanOf()
  scan.on(scanner)
  scan.stopped()
  scan.off()
  time.advance(24 * 3_600_000)
  expect(done).toEqual(['start'])
})

test('silence brings a new scan, then a new radio, then its power off and on, ever less often, until something is heard', () => {
  const { time, done, scan, scanner } = scanOf()
  scan.on(scanner)
  time.advance(SILENCE - 1)
  expect(done).toEqual(['start'])
  time.advance(1)
  expect(done).toEqual(['start', 'start'])
  time.advance(SILENCE)
  expect(done).toEqual(['start', 'start', 'adapter'])
  expect(scan.step).toBe('adapter')
  time.advance(SILENCE)
  expect(done.length).toBe(3)
  time.advance(SILENCE)
  expect(done.length).toBe(4)
  time.advance(2 * SILENCE)
  expect(done).toEqual(['start', 'start', 'adapter', 'start', 'power'])
  time.advance(24 * 3_600_000)
  // Every quarter of an hour in the end: 96 a day.
  expect(done.length).toBeLessThan(5 + 100)
  expect(done.length).toBeGreaterThan(5 + 80)
  scan.heard()
  expect(scan.silentForMs).toBe(0)
  expect(scan.step).toBeUndefined()
  const before = done.length
  time.advance(SILENCE)
  expect(done.slice(before)).toEqual(['start'])
})

test('a radio that has heard, in a house that then falls silent, gets new scans and is not called deaf', () => {
  const { time, done, scan, scanner } = scanOf()
  scan.on(scanner)
  scan.heard()
  time.advance(4 * 3_600_000)
  expect(new Set(done)).toEqual(new Set(['start']))
  expect(done.length).toBeGreaterThan(15)
  expect(scan.step).toBeUndefined()
  // All the same it may be deaf: a new adapter by way of precaution, four times a day.
  time.advance(24 * 3_600_000)
  expect(done.filter((step) => step !== 'start')).toEqual(Array.from({ length: 4 }, () => 'adapter'))
  expect(scan.step).toBeUndefined()
})

test('where the silence of others proves it deaf, a radio is mended as soon as it does, step by step', () => {
  const { time, done, scan, scanner } = scanOf(30_000)
  scan.on(scanner)
  scan.heard()
  time.advance(29_000)
  expect(done).toEqual(['start'])
  time.advance(2_000)
  expect(done).toEqual(['start', 'start'])
  expect(scan.step).toBe('scan')
  time.advance(30_000)
  expect(done).toEqual(['start', 'start', 'adapter'])
  scan.heard()
  expect(scan.step).toBeUndefined()
})

test('a radio that hears is left alone', () => {
  const { time, done, scan, scanner } = scanOf()
  scan.on(scanner)
  for (let minute = 0; minute < 60; minute += 1) {
    time.advance(60_000)
    scan.heard()
  }
  expect(done).toEqual(['start'])
})
