import { expect, test } from 'vitest'
import { PreCareError } from '../../device-drivers/errors.ts'
import { bleDriverFor } from '../../device-drivers/index.ts'
import type { Arrival, Outbox } from '../../gateway/outbox.ts'
import { visitDevice } from '../../gateway/session.ts'
import { manualClock } from '../support/manual-clock.ts'
import { becomes, bytes, device, startController, startHub } from './transport/radio-fixture.ts'

/** From the radio to the disk: what a cuff hears of its record, and when. A cuff forgets what was confirmed. */

const ADDRESS = 'c0:00:00:00:00:77'
/** 0x2A35 with time and pulse: 120/80, mean 93, 2026-11-20 08:00:00, pulse 70. */
const RECORD = '06780050005d00ea070b140800004600'
const MEASUREMENT = '2A35'
const FEATURE = '2A49'

async function visitCuff(append: (arrival: Arrival) => Promise<{ stored: number; duplicate: number }>) {
  const { adapter, controller } = startController()
  const cuff = controller.attach(
    device(ADDRESS, [
      { uuid: MEASUREMENT, properties: ['indicate'] },
      { uuid: FEATURE, properties: ['read'], value: bytes('0000') },
    ]),
  )
  cuff.startAdvertising()
  const { transport, seen, signal } = await startHub({ adapter })
  await becomes(() => seen.length > 0)
  const [advertisement] = seen
  const driver = advertisement === undefined ? undefined : bleDriverFor(advertisement)
  if (driver?.transport !== 'ble') throw new Error('no driver for a cuff')
  const link = await transport.connect(ADDRESS, signal)
  const outbox: Pick<Outbox, 'append' | 'memory' | 'commitNow'> = { append, memory: () => ({}), commitNow: () => {} }
  const visit = visitDevice(
    {
      device: 'cuff-0001',
      about: driver.about,
      options: {},
      events: (lent) => driver.session(link, lent),
      decode: (record) => driver.decode(record),
    },
    { outbox, clock: manualClock(), zone: 'Europe/Copenhagen', occasion: 'visit-1', signal },
  )
  let confirmed = false
  // The subscription comes after the driver has read what else the cuff offers.
  const told = (async () => {
    for (;;) {
      try {
        await cuff.link?.indicate(MEASUREMENT, bytes(RECORD))
        confirmed = true
        return
      } catch (error) {
        if (!(error instanceof PreCareError) || error.code !== 'device-refused') return
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
  })()
  return { visit, link, told, cuff, isConfirmed: () => confirmed }
}

test('a cuff hears "received" only when its record is on disk', async () => {
  const disk = Promise.withResolvers<void>()
  let asked = false
  const { visit, link, told, cuff, isConfirmed } = await visitCuff(async () => {
    asked = true
    await disk.promise
    return { stored: 1, duplicate: 0 }
  })
  await becomes(() => asked)
  // There and back over the same link: a confirmation that was sent before has arrived by now.
  await link.read('1810', FEATURE)
  expect(isConfirmed()).toBe(false)
  disk.resolve()
  await told
  expect(isConfirmed()).toBe(true)
  cuff.link?.disconnect()
  expect(await visit).toMatchObject({ records: 1, stored: 1 })
})

test('a cuff never hears "received" when the disk refuses', async () => {
  const { visit, link, told, isConfirmed } = await visitCuff(async () => {
    throw new PreCareError('store-failed', 'the disk is full')
  })
  await expect(visit).rejects.toMatchObject({ code: 'store-failed' })
  await link.close()
  await told
  expect(isConfirmed()).toBe(false)
})
