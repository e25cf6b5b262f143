import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canMakeLoopDisks } from '../support/loop-disk.ts'
import { copyTree, type Mutation, mutate } from '../support/tree-copy.ts'
import type { Bench } from './bench.ts'
import { cutPower, type Side } from './powercut-run.ts'

/**
 * Power cuts of hub and broker, each on an ext4 file system of its own. What the hub told a device, and what the broker
 * told the hub, must be on the disk after each. The same with synchronous=NORMAL must fail, or the cuts cut nothing.
 */

const CUTS_EACH = 12
const CUTS_EACH_OF_SELF_CHECK = 3
const MIN_CUTS_EACH = 10
const MIN_CONFIRMED = 1_000

const inTurn = (each: number): Side[] => Array.from({ length: each }, (): Side[] => ['hub', 'broker']).flat()

const NORMAL: readonly Mutation[] = [
  { file: 'gateway/outbox-file.ts', from: 'PRAGMA synchronous = FULL', to: 'PRAGMA synchronous = NORMAL' },
  { file: 'broker/store/journal.ts', from: 'PRAGMA synchronous = FULL', to: 'PRAGMA synchronous = NORMAL' },
]

export const bench: Bench = async ({ seed, onProgress }) => {
  if (!canMakeLoopDisks()) throw new Error('power cuts need root, for file systems of their own')
  onProgress(`seed ${seed}`)
  const full = await cutPower({ seed, cuts: inTurn(CUTS_EACH), onProgress })
  onProgress('the same with synchronous=NORMAL, which must lose readings')
  const tree = mkdtempSync(join(tmpdir(), 'bench-normal-'))
  try {
    copyTree(tree)
    for (const mutation of NORMAL) mutate(tree, mutation)
    const normal = await cutPower({ seed, cuts: inTurn(CUTS_EACH_OF_SELF_CHECK), tree, onProgress })
    return {
      figures: {
        hubCuts: full.hubCuts,
        brokerCuts: full.brokerCuts,
        confirmedByHub: full.confirmedByHub,
        confirmedByBroker: full.confirmedByBroker,
        lostByHub: full.lostByHub,
        lostByBroker: full.lostByBroker,
        corrupt: full.corrupt,
        lostByHubWithNormal: normal.lostByHub,
        lostByBrokerWithNormal: normal.lostByBroker,
      },
      limits: [
        { figure: 'hubCuts', atLeast: MIN_CUTS_EACH },
        { figure: 'brokerCuts', atLeast: MIN_CUTS_EACH },
        { figure: 'confirmedByHub', atLeast: MIN_CONFIRMED },
        { figure: 'confirmedByBroker', atLeast: MIN_CONFIRMED },
        { figure: 'lostByHub', atMost: 0 },
        { figure: 'lostByBroker', atMost: 0 },
        { figure: 'corrupt', atMost: 0 },
        { figure: 'lostByHubWithNormal', atLeast: 1 },
        { figure: 'lostByBrokerWithNormal', atLeast: 1 },
      ],
      conditions: { seed, fileSystem: 'ext4 on a loop device, one each', node: process.version },
    }
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}
