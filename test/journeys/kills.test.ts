import { setTimeout as after } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { seeded } from '../support/random.ts'
import { becomes, type FaultStage, startStage } from './stage.ts'

/** Processes that are killed in the middle of their work, and a machine that starts them again. */

const KILLS = 3
const ACTS = 60
/** From the end of one process to the word of the next; longer only where the first start took as long already. */
const UP_WITHIN_MS = 5_000
const BACK_WITHIN_MS = 10_000
const TIMEOUT_MS = 120_000

/** Measures and strikes in turn, at moments drawn by lot; returns the longest time until the word came. */
async function strikeOften(
  home: FaultStage,
  strike: () => void,
  word: readonly [who: 'hub' | 'broker', event: string],
): Promise<number> {
  const random = seeded(8)
  let longest = 0
  for (let n = 0; n < KILLS; n++) {
    home.measure(ACTS)
    const before = home.heard(...word)
    await after(100 + random() * 400)
    const since = performance.now()
    strike()
    await becomes(() => home.heard(...word) > before)
    longest = Math.max(longest, performance.now() - since)
  }
  return longest
}

it(
  'fault 01: a hub killed at any instant is up again at once, and sends what was unsent under the same ids',
  async () => {
    const home = await startStage()
    await becomes(() => home.heard('hub', 'uplink-online') > 0)
    const longest = await strikeOften(home, () => home.hub.kill(), ['hub', 'started'])
    await home.allIsWell()
    expect(longest).toBeLessThan(Math.max(UP_WITHIN_MS, 2 * home.startMs()))
  },
  TIMEOUT_MS,
)

it(
  'fault 02: a broker killed at any instant has everything it receipted, and its hub back within ten seconds',
  async () => {
    const home = await startStage()
    await becomes(() => home.heard('hub', 'uplink-online') > 0)
    const longest = await strikeOften(home, () => home.broker.kill(), ['hub', 'uplink-online'])
    await home.allIsWell()
    expect(longest).toBeLessThan(Math.max(BACK_WITHIN_MS, 4 * home.startMs()))
  },
  TIMEOUT_MS,
)

it(
  'fault 03: both killed together, and the line cut',
  async () => {
    const home = await startStage()
    await becomes(() => home.heard('hub', 'uplink-online') > 0)
    const strike = () => {
      home.hub.kill()
      home.broker.kill()
      home.proxy.cut()
    }
    await strikeOften(home, strike, ['hub', 'uplink-online'])
    await home.allIsWell()
  },
  TIMEOUT_MS,
)
