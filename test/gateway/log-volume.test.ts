import { expect, it } from 'vitest'
import { createLog } from '../../gateway/log.ts'
import { receiptBroker } from '../support/receipt-broker.ts'
import { liveOneDay } from '../support/simulated-day.ts'
import { tempDir } from '../support/temp-dir.ts'

/** What a card may be asked to carry besides readings, and what a technician can still read. */
const MB = 1_000_000

it('writes under 1 MB of log in a day, with readings every hour and an oximeter worn at night', async () => {
  const broker = await receiptBroker('hub-0001')
  let bytes = 0
  const events = new Map<string, number>()
  const log = createLog('hub-0001', 'info', {
    write: (line) => {
      bytes += Buffer.byteLength(line)
      const { event } = JSON.parse(line)
      events.set(event, (events.get(event) ?? 0) + 1)
    },
  })
  await liveOneDay({ dataDir: tempDir(), brokerUrl: broker.url, log, spotChecks: 2, slipsEveryS: 300 })
  expect(new Set(broker.ids()).size).toBeGreaterThan(2 * 23 + 90)
  // The day outruns the real line to the broker, which is connected anew now and then: more lines than in a home.
  expect(events.get('uplink-online')).toBeGreaterThan(0)
  expect(bytes).toBeGreaterThan(1_000)
  expect(bytes).toBeLessThan(MB)
}, 120_000)
