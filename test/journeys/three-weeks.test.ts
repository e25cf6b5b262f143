import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { Log } from '../../gateway/log.ts'
import { openOutbox } from '../../gateway/outbox.ts'
import { Uplink } from '../../gateway/uplink.ts'
import { freePort } from '../support/free-port.ts'
import { manualClock } from '../support/manual-clock.ts'
import { seeded } from '../support/random.ts'
import { receiptBroker } from '../support/receipt-broker.ts'
import { tempDir } from '../support/temp-dir.ts'
import { draft } from '../support/test-driver.ts'

const HUB = 'hub-0001'
const HOUR = 3_600_000
const HOURS = 3 * 7 * 24
/** Four devices, each used every hour. */
const EACH_HOUR = 4
/** 90 days offline are allowed 218 MB: three weeks of this home are 2,016 readings. */
const DISK_BYTES = 4 * 1024 * 1024
/** A back-off of at most five minutes, and the time of sending. */
const BACK_WITHIN_MS = 10 * 60_000
/** In the first message after the connection: what was measured last. */
const NEWEST = 25

it('fault 11: three weeks without internet: measured all the time, on little disk; then the newest first, and each once', async () => {
  const path = join(tempDir(), 'outbox.db')
  const port = await freePort()
  const clock = manualClock()
  const events: string[] = []
  const note = (event: string) => void events.push(event)
  const log: Log = { info: note, warn: note, error: note }
  const { outbox } = openOutbox(path, {
    time: () => ({ zone: 'Europe/Copenhagen', now: clock.wall() ?? 0, wallAt: clock.wallAt }),
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
  })
  let attempts = 0
  const random = seeded(11)
  const uplink = new Uplink({
    hub: HUB,
    broker: { url: `mqtt://127.0.0.1:${port}`, username: HUB, password: 'secret' },
    outbox,
    clock,
    random: () => {
      attempts += 1
      return random()
    },
    log,
    retained: () => [],
  })
  onTestFinished(async () => {
    await uplink.stop(0)
    outbox.close()
  })
  uplink.start()
  let measured = 0
  for (let hour = 0; hour < HOURS; hour += 1) {
    const heardAt = clock.now()
    const drafts = Array.from({ length: EACH_HOUR }, (_, i) => draft(measured + i + 1, { heardAt }))
    await outbox.append({ device: 'scale-0001', drafts })
    measured += EACH_HOUR
    uplink.wake()
    for (let minutes = 0; minutes < 60; minutes += 5) await clock.advance(HOUR / 12)
  }
  expect(outbox.counts()).toMatchObject({ decoded: measured, unsent: measured })
  expect(statSync(path).size + statSync(`${path}-wal`).size).toBeLessThan(DISK_BYTES)
  expect(attempts).toBeGreaterThan(100)
  expect(events, 'one line, not one with each attempt').toEqual(['uplink-lost'])

  const broker = await receiptBroker(HUB, port)
  const back = clock.now()
  while (outbox.counts().unsent > 0) await clock.advance(1_000)
  expect(clock.now() - back).toBeLessThan(BACK_WITHIN_MS)
  expect(new Set(broker.ids()).size).toBe(measured)
  const [first] = broker.batches()
  expect(first?.readings.map(({ sequence }) => sequence).at(-1)).toBe(measured)
  expect(first?.readings.length).toBeLessThanOrEqual(NEWEST)
  const times = broker.batches().flatMap(({ readings }) => readings.map(({ measuredAt }) => Date.parse(measuredAt)))
  const span = Math.max(...times) - Math.min(...times)
  expect(span, 'each has the time of its measuring').toBe((HOURS - 1) * HOUR)
}, 120_000)
