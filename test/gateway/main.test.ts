import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished } from 'vitest'
import { encodeFormat13 } from '../../simulators/encoders/nonin.ts'
import { HUB_MAIN } from '../support/mains.ts'
import { receiptBroker } from '../support/receipt-broker.ts'
import { stoppedReader } from '../support/stopped-reader.ts'
import { tempDir, until } from '../support/temp-dir.ts'

const HUB = 'hub-0001'

interface Running {
  readonly child: ChildProcess
  readonly events: string[]
  readonly errors: string[]
  /** Exit code. */
  readonly ended: Promise<number | null>
}

function run(...args: string[]): Running {
  const child = spawn(process.execPath, [HUB_MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const events: string[] = []
  const errors: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    events.push(line.startsWith('{') ? String(JSON.parse(line).event) : line)
  })
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line))
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, events, errors, ended: once(child, 'close').then(([code]) => code) }
}

/** An oximeter behind a network port, with one record; `answers` collects what the hub writes. */
async function oximeter() {
  const answers: number[] = []
  const frame = encodeFormat13({
    time: { year: 2026, month: 11, day: 20, hour: 12, minute: 0, second: 0 },
    oxygenSaturation: 94,
    pulseRate: 72,
    smartPoint: true,
    fromMemory: false,
  })
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => {
      answers.push(...bytes)
    })
    if (!answers.includes(6)) socket.write(frame)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  return { answers, target: `tcp://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` }
}

function configFile(change: object): string {
  const file = join(tempDir(), 'hub.json')
  const config = {
    hub: HUB,
    dataDir: 'data',
    broker: { url: 'mqtt://127.0.0.1:1', username: HUB, password: 'secret' },
    bluetooth: { enabled: false },
  }
  writeFileSync(file, JSON.stringify({ ...config, ...change }))
  return file
}

describe('the hub process', () => {
  it('carries a reading from a serial line to the broker, tells the device, and leaves with 0 on SIGTERM', async () => {
    const broker = await receiptBroker(HUB)
    const { answers, target } = await oximeter()
    const config = configFile({
      broker: { url: broker.url, username: HUB, password: 'secret' },
      serial: [{ id: 'oxi-0001', driver: 'nonin-spot-check', target }],
    })
    const { child, events, ended } = run('run', '--config', config)
    await until(() => events.includes('ready') && broker.ids().length > 0 && answers.includes(6))
    const [reading] = broker.batches()[0]?.readings ?? []
    expect(reading).toMatchObject({
      kind: 'oxygen-saturation',
      device: 'oxi-0001',
      values: { oxygenSaturation: { value: 94, unit: '%' }, pulseRate: { value: 72 } },
    })
    expect(statSync(join(config, '../data/outbox.db')).mode & 0o777).toBe(0o600)
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    expect(events.at(-1)).toBe('stopped')
    expect(broker.heard.filter(({ topic }) => topic.endsWith('/state')).at(-1)?.text).toContain('"offline"')
  })

  it('carries on and leaves with 0 when the reader of its log has stopped and the pipe is full', async () => {
    const broker = await receiptBroker(HUB)
    const { answers, target } = await oximeter()
    const config = configFile({
      broker: { url: broker.url, username: HUB, password: 'secret' },
      serial: [{ id: 'oxi-0001', driver: 'nonin-spot-check', target }],
    })
    const log = stoppedReader()
    log.fill()
    const args = [HUB_MAIN, 'run', '--config', config]
    const child = spawn(process.execPath, args, { stdio: ['ignore', log.stdout, 'inherit'] })
    closeSync(log.stdout)
    onTestFinished(() => void child.kill('SIGKILL'))
    await until(() => broker.ids().length > 0 && answers.includes(6))
    const ended = once(child, 'close')
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  })

  it('tells the device and sends nothing until the time service has set the time', async () => {
    const broker = await receiptBroker(HUB)
    const { answers, target } = await oximeter()
    const config = configFile({
      broker: { url: broker.url, username: HUB, password: 'secret' },
      serial: [{ id: 'oxi-0001', driver: 'nonin-spot-check', target }],
      healthEveryS: 1,
    })
    const timeService = tempDir()
    const { child, events, ended } = run('run', '--config', config, '--time-service', timeService)
    const health = () =>
      broker.heard.filter(({ topic }) => topic.endsWith('/health')).map(({ text }) => JSON.parse(text))
    await until(() => events.includes('ready') && answers.includes(6) && health().at(-1)?.counts.decoded === 1)
    expect(health().at(-1).clock).toEqual({ synced: false })
    expect(broker.ids()).toEqual([])
    writeFileSync(join(timeService, 'synchronized'), '')
    await until(() => broker.ids().length > 0)
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  })

  it('leaves with 0 on SIGINT also while there is no broker', async () => {
    const { child, events, ended } = run('--config', configFile({}))
    await until(() => events.includes('started'))
    child.kill('SIGINT')
    expect(await ended).toBe(0)
  })

  it('says what is wrong with its configuration, on one line each, and leaves with 78', async () => {
    const file = configFile({ hub: 'X', timeZone: 'Mars' })
    for (const command of ['run', 'check']) {
      const { errors, ended } = run(command, '--config', file)
      expect(await ended).toBe(78)
      expect(errors.join('\n')).toMatch(/hub: write 4 to 32[^\n]*\n\s*timeZone: write a zone/)
    }
  })

  it('tries what a hub needs and leaves with 1 when something is missing', async () => {
    const { events, ended } = run('doctor', '--config', configFile({}))
    expect(await ended).toBe(1)
    expect(events).toContain('ok   outbox')
    expect(events.find((line) => line.startsWith('FAIL broker'))).toMatch(/Check the address/)
  })
})
