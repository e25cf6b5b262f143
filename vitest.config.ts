import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Puts the virtual Bluetooth controller below noble, where the radio's socket module would be.
    execArgv: ['--import', './simulators/bluetooth/register.ts'],
    // Most of a journey is waiting for processes and sockets: more workers than cores halve the whole run.
    maxWorkers: 4,
    testTimeout: 20_000,
    // Hundreds of brokers and hubs are started from their sources: each module is stripped and compiled once for all.
    env: { NODE_COMPILE_CACHE: resolve('node_modules/.cache/compiled') },
  },
})
