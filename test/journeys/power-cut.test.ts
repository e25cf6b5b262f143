import { expect, it } from 'vitest'
import { cutPower, type PowerCuts, type Side } from '../bench/powercut-run.ts'
import { canMakeLoopDisks } from '../support/loop-disk.ts'
import { optional } from '../support/optional.ts'

/** The image of an ext4 disk, taken while its writer is frozen, and mounted again. `npm run bench -- powercut` does more. */

const cut = (side: Side, seed: number): Promise<PowerCuts> =>
  cutPower({ seed, cuts: [side, side], perDevice: 60, drain: true, onProgress: () => undefined })
const NOTHING_WRONG = {
  lost: [],
  twice: [],
  invented: [],
  alertsWrong: [],
  gaps: 0,
  quarantined: 0,
  held: 0,
  corrupt: 0,
}

optional('root', canMakeLoopDisks())('a power cut', () => {
  it('fault 04: of the server takes nothing that a hub had a receipt for', async () => {
    const { confirmedByBroker, lostByBroker, corrupt, verdict } = await cut('broker', 4)
    expect(confirmedByBroker).toBeGreaterThan(100)
    expect({ lostByBroker, corrupt }).toEqual({ lostByBroker: 0, corrupt: 0 })
    expect(verdict).toMatchObject(NOTHING_WRONG)
  }, 120_000)

  it('fault 05: of the hub takes nothing that a device had been told is safe', async () => {
    const { confirmedByHub, lostByHub, corrupt, verdict } = await cut('hub', 5)
    expect(confirmedByHub).toBeGreaterThan(100)
    expect({ lostByHub, corrupt }).toEqual({ lostByHub: 0, corrupt: 0 })
    expect(verdict).toMatchObject(NOTHING_WRONG)
  }, 120_000)
})
