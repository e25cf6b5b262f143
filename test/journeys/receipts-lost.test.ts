import { setTimeout as after } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { seeded } from '../support/random.ts'
import { becomes, startStage } from './stage.ts'

/** A few PUBACKs and receipts of about 60 bytes: the line breaks in the middle of the answers to one burst. */
const ANSWER_BYTES = 300
const CUTS = 4

it('fault 06: readings whose receipt was lost after they were stored are sent again, and counted once', async () => {
  const home = await startStage()
  const random = seeded(6)
  for (let n = 0; n < CUTS; n++) {
    await becomes(() => home.heard('hub', 'uplink-online') > n)
    const { carried } = home.proxy
    home.measure(60)
    await becomes(() => home.proxy.carried > carried + 2_000)
    home.proxy.dropAnswersAfter(Math.floor(random() * ANSWER_BYTES))
    await becomes(() => home.proxy.open === 0)
    await after(20)
  }
  await becomes(
    async () => home.stored() === home.stage.emitted.length && (await home.metric('readings_resent_total')) > 0,
  )
  expect(await home.metric('readings_received_total')).toBe(home.stage.emitted.length)
  await home.allIsWell()
}, 120_000)
