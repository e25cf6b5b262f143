import { randomBytes } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { type HubHealth, hubHealthSchema } from '../../broker/contract/messages.ts'
import { parseConfig } from '../../gateway/config.ts'
import { startHub } from '../../gateway/hub.ts'
import { Cadence } from '../../gateway/transport/cadence.ts'
import { Scan } from '../../gateway/transport/scan.ts'
import type { BleTransport } from '../../gateway/transport/transport.ts'
import type { HubTime } from '../../gateway/transport/transport-time.ts'
import { type ManualClock, manualClock } from '../support/manual-clock.ts'
import { type ReceiptBroker, receiptBroker } from '../support/receipt-broker.ts'
import { tempDir, until } from '../support/temp-dir.ts'

/** A machine whose radio goes deaf for good: how often does it restart its process, and itself? */

const HUB = 'hub-0001'
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** As the transport has it. */
const SILENCE_MS = 90_000

/** The transport's own watchdog and cadence on a radio that is heard as long as the test says so. */
function radioOf(time: HubTime) {
  const cadence = new Cadence()
  const done: string[] = []
  const scan = new Scan(
    time,
    SILENCE_MS,
    (step) => void done.push(step),
    () => cadence.deafAfterMs,
  )
  const transport: BleTransport = {
    start: (_, signal) => {
      scan.on({ start: () => void done.push('scan'), stop: () => undefined })
      signal.addEventListener('abort', () => scan.off(), { once: true })
    },
    connect: () => Promise.reject(new Error('nobody is there')),
    health: () => ({
      state: 'ready',
      silentForMs: scan.silentForMs,
      linksOpen: 0,
      scanRestarts: scan.restarts,
      connectFailures: 0,
      steadyDevices: cadence.steady,
      ...(scan.step && { step: scan.step }),
    }),
  }
  const hear = () => {
    cadence.heard('neighbour', time.now())
    scan.heard()
  }
  return { transport, hear, done }
}

/** Runs processes one after the other, as systemd does, and machines, until the time is over. */
function machine(url: string) {
  const dataDir = tempDir()
  const exits: number[] = []
  const boots: number[] = []
  const steps: string[] = []
  let lived = 0
  let boot = 1
  let clock: ManualClock = manualClock({ bootId: 'boot-1', mono: 30 * HOUR })
  let process = start()

  function start() {
    const radio = radioOf(clock)
    let wanted: 'restart' | 'reboot' | undefined
    const config = parseConfig(
      { hub: HUB, dataDir, broker: { url, username: HUB, password: 'secret' }, healthEveryS: 60 },
      { drivers: [] },
      () => '',
    )
    const hub = startHub({
      config,
      drivers: [],
      clock,
      random: () => 0.5,
      randomHex: (bytes) => randomBytes(bytes).toString('hex'),
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      version: '0.0.0',
      memory: () => 1,
      ble: radio.transport,
      reboot: async () => {
        wanted = 'reboot'
      },
    })
    void hub.broken.then(() => {
      wanted = 'restart'
    })
    return { hub, radio, wanted: () => wanted }
  }
  const stop = async () => {
    const over = { yet: false }
    void process.hub.stop().then(() => {
      over.yet = true
    })
    while (!over.yet) await clock.advance(100)
    steps.push(...process.radio.done)
  }
  onTestFinished(stop)
  return {
    exits,
    boots,
    steps,
    /** @param heard the neighbour's device is on the air and the radio not deaf */
    async live(ms: number, heard: boolean): Promise<void> {
      const pace = heard ? 10_000 : MINUTE
      for (const end = lived + ms; lived < end; lived += pace) {
        if (heard) process.radio.hear()
        await clock.advance(pace)
        const wanted = process.wanted()
        if (wanted === undefined) continue
        await stop()
        if (wanted === 'restart') exits.push(lived)
        else {
          boots.push(lived)
          boot += 1
          clock = manualClock({ bootId: `boot-${boot}`, mono: 20_000, wall: clock.wall() ?? 0 })
        }
        process = start()
      }
    },
  }
}

const stepsTold = ({ heard }: ReceiptBroker) =>
  new Set(
    heard
      .filter(({ topic }) => topic.endsWith('/health'))
      .map(({ text }): HubHealth => hubHealthSchema.parse(JSON.parse(text)))
      .map(({ radio }) => radio?.step),
  )

test('a house in which only a cuff speaks, once a day, is not told of as one with a deaf radio', {
  timeout: 60_000,
}, async () => {
  const broker = await receiptBroker(HUB)
  const { live, exits } = machine(broker.url)
  await live(MINUTE, true)
  await live(4 * HOUR, false)
  expect(stepsTold(broker)).toEqual(new Set([undefined]))
  expect(exits).toEqual([])
})

test('a radio that is deaf for a day restarts its process once and its machine once, and says so', {
  timeout: 60_000,
}, async () => {
  const broker = await receiptBroker(HUB)
  const { live, exits, boots, steps } = machine(broker.url)
  await live(20 * MINUTE, true)
  expect(exits).toEqual([])
  await live(DAY, false)
  expect(exits).toHaveLength(1)
  expect(boots).toHaveLength(1)
  expect(new Set(steps)).toEqual(new Set(['scan', 'adapter', 'power']))
  const seen = stepsTold(broker)
  await until(() => seen.has('service'))
  expect(seen).toEqual(new Set([undefined, 'scan', 'adapter', 'power', 'service', 'reboot']))
})

test('a radio that hears again begins anew, and a quiet house is never restarted', { timeout: 60_000 }, async () => {
  const broker = await receiptBroker(HUB)
  const quiet = machine(broker.url)
  await quiet.live(6 * HOUR, false)
  expect([quiet.exits, quiet.boots]).toEqual([[], []])
  // A neighbour moves in; the radio goes deaf, recovers by the restart, and goes deaf again.
  await quiet.live(20 * MINUTE, true)
  await quiet.live(2 * HOUR, false)
  expect(quiet.exits).toHaveLength(1)
  await quiet.live(20 * MINUTE, true)
  await quiet.live(90 * MINUTE, false)
  expect(quiet.exits).toHaveLength(2)
})
