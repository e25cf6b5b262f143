import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { HubClock } from '../../gateway/hub-clock.ts'
import type { Log } from '../../gateway/log.ts'
import { type Outbox, openOutbox } from '../../gateway/outbox.ts'
import { Uplink, type UplinkOptions } from '../../gateway/uplink.ts'
import { tempDir } from './temp-dir.ts'

export const HUB = 'hub-0001'

/** A hub that is an outbox and an uplink, not started yet; it stops when the test is over. */
export function uplinkHub(
  url: string,
  clock: HubClock,
  more: Partial<UplinkOptions> = {},
): { uplink: Uplink; outbox: Outbox; events: string[] } {
  const events: string[] = []
  const note = (event: string) => void events.push(event)
  const log: Log = { info: note, warn: note, error: note }
  const { outbox } = openOutbox(join(tempDir(), 'outbox.db'), {
    time: () => ({ zone: 'Europe/Copenhagen', now: clock.wall() ?? 0, wallAt: clock.wallAt }),
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
  })
  const uplink = new Uplink({
    hub: HUB,
    broker: { url, username: HUB, password: 'secret' },
    outbox,
    clock,
    random: () => 0.5,
    log,
    retained: () => [],
    ...more,
  })
  onTestFinished(async () => {
    await uplink.stop(0)
    outbox.close()
  })
  return { uplink, outbox, events }
}
