import { configToRun } from '../../gateway/config-file.ts'
import { createHubClock } from '../../gateway/hub-clock.ts'
import { run } from '../../gateway/run.ts'
import type { BleTransport } from '../../gateway/transport/transport.ts'

/** The hub's process on a machine with one Bluetooth adapter, 0, and seconds in place of minutes for a trial. */
const [config = '', snapshots = ''] = process.argv.slice(2)
const TRIAL_MS = 5_000
const ONLY_ADAPTER = 0

const radio = (adapter: number): BleTransport => ({
  start: () => undefined,
  connect: () => Promise.reject(new Error('nobody is there')),
  health: () => ({
    state: adapter === ONLY_ADAPTER ? 'ready' : 'unavailable',
    silentForMs: 0,
    linksOpen: 0,
    scanRestarts: 0,
    connectFailures: 0,
  }),
})

void run(configToRun(config, snapshots, 'boot-1', 78), {}, TRIAL_MS, {
  clock: createHubClock(),
  randomHex: (bytes) => '5a'.repeat(bytes),
  radio: ({ bluetooth }) => Promise.resolve(radio(bluetooth.adapter)),
  lines: () => Promise.reject(new Error('no line is configured')),
})
