import { spawnSync } from 'node:child_process'
import createNoble from '@abandonware/noble/with-custom-binding.js'
import { expect, onTestFinished, test } from 'vitest'
import { isNoble, missingInternals } from '../../../gateway/transport/noble-internals.ts'
import { openRadio } from '../../../gateway/transport/noble-radio.ts'
import { becomes, collectingLog, startController } from './radio-fixture.ts'

test('the installed noble has every internal that is touched, and another one is named by what it lacks', () => {
  const noble: unknown = createNoble({ deviceId: 0 })
  expect(missingInternals(noble)).toEqual([])
  if (!isNoble(noble)) expect.fail('checked above')
  Reflect.deleteProperty(noble._bindings, '_handles')
  expect(missingInternals(noble)).toEqual(['_bindings._handles'])
  expect(missingInternals({}).length).toBeGreaterThan(20)
  expect(isNoble(undefined)).toBe(false)
})

test('a packet for a link that is gone is dropped, and rejects nowhere', async () => {
  const { adapter } = startController()
  const radio = openRadio(
    adapter,
    { state: () => undefined, heard: () => undefined, scanStopped: () => undefined },
    collectingLog([]),
  )
  onTestFinished(() => radio.dispose())
  await becomes(() => radio.noble.state === 'poweredOn')
  const hci = radio.noble._bindings._hci
  const rejections: unknown[] = []
  const onRejection = (reason: unknown) => void rejections.push(reason)
  process.on('unhandledRejection', onRejection)
  onTestFinished(() => void process.off('unhandledRejection', onRejection))
  await hci.writeAclDataPkt(0x0099, 4, Buffer.of(0x0a, 1, 0))
  await hci.flushAcl()
  // Unhandled rejections are reported after the microtasks, before the next turn.
  await new Promise((resolve) => setImmediate(resolve))
  expect(rejections).toEqual([])
  expect(hci._aclQueue).toEqual([])
})

test('a machine without Bluetooth gets an unavailable radio that is tried again, not a crash', () => {
  const transport = new URL('../../../gateway/transport/noble.ts', import.meta.url).href
  const bonds = new URL('../../../gateway/transport/bonds.ts', import.meta.url).href
  // Without the virtual controller below noble: its socket module is not built, has no Bluetooth below it, or no hci9999.
  const program = `
    import { createNobleTransport } from '${transport}'
    import { memoryBonds } from '${bonds}'
    const timers = []
    const lines = []
    const log = { info: () => undefined, warn: (fields, message) => lines.push(message), error: () => undefined }
    const time = { now: () => 0, setTimeout: (callback, ms) => (timers.push({ callback, ms }), { cancel: () => undefined }) }
    const stop = new AbortController()
    const transport = createNobleTransport({ adapter: 9999, bonds: memoryBonds(), time, log })
    transport.start(() => undefined, stop.signal)
    for (let tries = 0; tries < 8; tries += 1) timers.at(-1).callback()
    const refused = await transport.connect('00:00:00:00:00:01', stop.signal).catch((error) => error.code)
    stop.abort()
    console.log(JSON.stringify({ state: transport.health().state, retries: timers.map(({ ms }) => ms), refused, lines }))
  `
  const run = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  })
  expect(run.stderr).toBe('')
  expect(JSON.parse(run.stdout)).toEqual({
    state: 'unavailable',
    retries: [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000],
    refused: 'adapter-unavailable',
    lines: ['bluetooth unavailable'],
  })
})

test('a stopped transport keeps no process alive', () => {
  const at = (path: string) => new URL(`../../../${path}`, import.meta.url).href
  const program = `
    import { createNobleTransport } from '${at('gateway/transport/noble.ts')}'
    import { memoryBonds } from '${at('gateway/transport/bonds.ts')}'
    import { systemTime } from '${at('gateway/transport/transport-time.ts')}'
    const log = { info: () => undefined, warn: (fields, message) => console.log(message), error: () => undefined }
    const stop = new AbortController()
    const transport = createNobleTransport({ bonds: memoryBonds(), time: systemTime, log })
    transport.start(() => undefined, stop.signal)
    setImmediate(() => stop.abort())
  `
  const run = spawnSync(
    process.execPath,
    ['--import', at('simulators/bluetooth/register.ts'), '--input-type=module', '--eval', program],
    { encoding: 'utf8', timeout: 10_000 },
  )
  expect(run.stdout).toBe('bluetooth unavailable\n')
  expect(run).toMatchObject({ stderr: '', status: 0, signal: null })
})
