import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Puts the virtual Bluetooth controller below noble, where the radio's socket module would be.
    execArgv: ['--import', './simulators/bluetooth/register.ts'],
    testTimeout: 20_000,
  },
})
