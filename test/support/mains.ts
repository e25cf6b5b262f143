/**
 * What a test starts as broker or hub: the bundle that vitest.config.ts has made of the sources, or the sources themselves
 * where nobody made one (benches).
 */
export const BROKER_MAIN: string = process.env['TEST_BROKER'] ?? 'broker/main.ts'
export const HUB_MAIN: string = process.env['TEST_HUB'] ?? 'gateway/main.ts'
