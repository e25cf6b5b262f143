import { setImmediate as turn } from 'node:timers/promises'
import { drivers } from '../../device-drivers/index.ts'
import { loadConfig } from '../../gateway/config.ts'
import { run } from '../../gateway/run.ts'
import type { BleTransport, OpenSerialLink } from '../../gateway/transport/transport.ts'
import { TRIAL_MS } from '../../gateway/trial.ts'
import { encodeFormat8 } from '../../simulators/encoders/nonin.ts'
import { manualClock } from '../support/manual-clock.ts'

/**
 * The hub's process with a clock of the test's, an oximeter that is worn, and a radio that falls silent. Says 'waits'
 * when a second reading shares the commit that is two minutes away; then, with 'deaf', an hour without a radio passes.
 */
const [config = '', end = ''] = process.argv.slice(2)
const HOUR = 3600_000
const clock = manualClock()
let deafSince: number | undefined
const ble: BleTransport = {
  start: () => undefined,
  connect: () => Promise.reject(new Error('nobody is there')),
  health: () => ({
    state: 'ready',
    silentForMs: deafSince === undefined ? 0 : clock.now() - deafSince,
    linksOpen: 0,
    scanRestarts: 0,
    connectFailures: 0,
    steadyDevices: 1,
  }),
}

const measured = encodeFormat8({ oxygenSaturation: 94, pulseRate: 72, smartPoint: true })
const off = encodeFormat8({ oxygenSaturation: undefined, pulseRate: undefined, smartPoint: false, sensorOff: true })
const started = Promise.withResolvers<void>()
const worn = Promise.withResolvers<void>()
const waits = Promise.withResolvers<void>()
const link: OpenSerialLink = {
  write: () => Promise.resolve(),
  chunks: async function* () {
    await worn.promise
    yield measured
    // It is the first one, and stored at once.
    await turn()
    await turn()
    for (const sample of [off, off, off, measured]) yield sample
    // Asked for more: the last one has been dealt with.
    waits.resolve()
    await new Promise(() => undefined)
  },
  lost: new AbortController().signal,
  close: () => Promise.resolve(),
}

void run({ config: loadConfig(config, { drivers }) }, {}, TRIAL_MS, {
  clock,
  randomHex: (bytes) => '5a'.repeat(bytes),
  radio: () => Promise.resolve(ble),
  lines: () =>
    Promise.resolve({
      list: () => Promise.resolve([]),
      open: () => {
        started.resolve()
        return Promise.resolve(link)
      },
    }),
})

await started.promise
await clock.advance(2 * 60_000)
deafSince = clock.now()
await clock.advance(HOUR - 30_000)
worn.resolve()
await waits.promise
await turn()
process.stdout.write('waits\n')
for (;;) {
  await clock.advance(end === 'deaf' ? 1_000 : 10)
  if (end !== 'deaf') await new Promise((resolve) => setTimeout(resolve, 2))
}
