import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.ts'

/** What holds something open in a module until the end of its file, or has noble, which keeps its state in modules. */
const ALONE = [
  'test/journeys/radio.test.ts',
  'test/broker/mqtt-*.test.ts',
  'test/gateway/visit/**/*.test.ts',
  'test/gateway/label.test.ts',
  'test/gateway/told-after-disk.test.ts',
  'test/gateway/{kit,transport}/**/*.test.ts',
  'test/simulators/bluetooth/**/*.test.ts',
  'test/simulators/devices/real-noble.test.ts',
  'test/simulators/scenario/world.test.ts',
]

export default defineConfig({
  test: {
    pool: 'forks',
    // Puts the virtual Bluetooth controller below noble, where the radio's socket module would be.
    execArgv: ['--import', './simulators/bluetooth/register.ts'],
    // Most of a journey is waiting for processes and sockets: two workers more than cores take a fifth off the whole run.
    maxWorkers: 4,
    testTimeout: 20_000,
    // Hundreds of brokers and hubs are started from their sources: each module is stripped and compiled once for all.
    env: { NODE_COMPILE_CACHE: resolve('node_modules/.cache/compiled') },
    // Broker and hub as one file each, for the processes that tests start.
    globalSetup: './test/support/bundle.ts',
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE } },
      // Most files need no process of their own: a third of their time was loading the same modules again.
      { extends: true, test: { name: 'together', include: ['test/**/*.test.ts'], exclude: ALONE, isolate: false } },
    ],
  },
})
