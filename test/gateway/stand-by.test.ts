import { expect, it } from 'vitest'
import { hubStateSchema } from '../../broker/contract/messages.ts'
import { PreCareError } from '../../device-drivers/errors.ts'
import { standBy, storeFailure } from '../../gateway/stand-by.ts'
import { forgetFailures } from '../../gateway/store-failures.ts'
import { manualClock } from '../support/manual-clock.ts'
import { receiptBroker } from '../support/receipt-broker.ts'
import { tempDir } from '../support/temp-dir.ts'

const HUB = 'hub-0001'
const HOUR_MS = 3600_000
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }
const failure = new PreCareError('store-failed', 'the outbox cannot be opened')

/** Starts in a row of a hub whose disk takes no writes, on a machine that has been up for so long. */
async function starts(count: number, upMs: number, allowed = true, mended = -1, refused = false) {
  const broker = await receiptBroker(HUB)
  const runtimeDir = tempDir()
  const clock = manualClock({ mono: upMs })
  const reboots: number[] = []
  for (let n = 1; n <= count; n += 1) {
    if (n === mended) forgetFailures(runtimeDir)
    const told = broker.heard.length
    let ended = false
    const work = standBy(
      {
        config: { hub: HUB, dataDir: tempDir(), broker: { url: broker.url, username: HUB, password: 'secret' } },
        clock,
        log: quiet,
        runtimeDir,
        ...(allowed && {
          reboot: async () => {
            reboots.push(n)
            if (refused) throw new PreCareError('adapter-unavailable', 'no reboot: Access denied')
          },
        }),
      },
      failure,
    ).then(() => {
      ended = true
    })
    await broker.heardMatching((heard) => broker.heard.indexOf(heard) >= told)
    await clock.advance(59_000)
    expect(ended).toBe(false)
    await clock.advance(2_000)
    await work
  }
  return { broker, reboots }
}

it('a hub whose disk takes no writes tells the broker that it receives nothing, and ends after a minute', async () => {
  const { broker, reboots } = await starts(1, HOUR_MS)
  const [state] = broker.heard.filter(({ topic }) => topic === `v1/hubs/${HUB}/state`)
  expect(hubStateSchema.parse(JSON.parse(state?.text ?? ''))).toMatchObject({
    state: 'offline',
    problem: 'store-failed',
  })
  expect(broker.heard).toHaveLength(1)
  expect(reboots).toEqual([])
})

it('ends after a minute also when nobody answers', async () => {
  const clock = manualClock()
  let ended = false
  const config = {
    hub: HUB,
    dataDir: tempDir(),
    broker: { url: 'mqtt://127.0.0.1:1', username: HUB, password: 'secret' },
  }
  const work = standBy({ config, clock, log: quiet }, failure).then(() => {
    ended = true
  })
  await clock.advance(59_000)
  expect(ended).toBe(false)
  while (!ended) await clock.advance(1_000)
  await work
})

it('boots the machine at the tenth start in a row, and not one that was booted within the day', async () => {
  expect((await starts(10, 48 * HOUR_MS)).reboots).toEqual([10])
  expect((await starts(12, HOUR_MS)).reboots).toEqual([])
  expect((await starts(12, 48 * HOUR_MS, true, 8)).reboots).toEqual([])
  expect((await starts(12, 48 * HOUR_MS, false)).reboots).toEqual([])
  // Refused: not asked for again at each start.
  expect((await starts(14, 48 * HOUR_MS, true, -1, true)).reboots).toEqual([10])
})

it('stands by for whatever the disk says, in the words of the store or in its own, and for nothing else', () => {
  const said = (code: string) => Object.assign(new Error(code), { code })
  const ours = new PreCareError('store-failed', 'the outbox cannot be opened')
  expect(storeFailure(ours)).toBe(ours)
  for (const code of ['EIO', 'EROFS', 'ENOSPC']) expect(storeFailure(said(code))?.code).toBe('store-failed')
  expect(storeFailure(Object.assign(said('ERR_SQLITE_ERROR'), { errcode: 10 }))?.code).toBe('store-failed')
  expect(storeFailure(said('MODULE_NOT_FOUND'))).toBeUndefined()
  expect(storeFailure(new PreCareError('config-invalid', 'no such driver'))).toBeUndefined()
})
