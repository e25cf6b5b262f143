import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { drivers } from '../../device-drivers/index.ts'
import { loadConfig } from '../../gateway/config.ts'
import { startHub } from '../../gateway/hub.ts'
import type { Log } from '../../gateway/log.ts'
import { memoryBonds } from '../../gateway/transport/bonds.ts'
import { createNobleTransport } from '../../gateway/transport/noble.ts'
import type { BleTransport } from '../../gateway/transport/transport.ts'
import { attachInProcess, VirtualController } from '../../simulators/bluetooth/controller.ts'
import { manualClock } from '../support/manual-clock.ts'
import { seeded } from '../support/random.ts'
import { STRANGERS, soakHome } from './soak-home.ts'

/**
 * A hub and its radio in one process, on a clock that runs a day in less than a minute. Each hour devices measure, links
 * are lost in the middle of visits, the uplink is cut, and strangers pass by. Writes one JSON line per hour.
 */

const [configPath = '', hours = '24', seed = '1'] = process.argv.slice(2)
const HOUR_MS = 3600_000
const MEASUREMENTS_PER_HOUR = 20
const LINKS_LOST_PER_HOUR = 10
const STRANGERS_PER_HOUR = 400
const STEP_MS = 100
/** As long as a device advertises after a measurement, and the hub's rests in between. */
const VISIT_WITHIN_MS = 120_000
/** Real time for what really goes over a socket. */
const SETTLED_WITHIN_MS = 10_000
/** The hub's deadlines run on the day's clock and its sockets on the machine's: a second of the day for each of these. */
const SOCKET_MS = 3

const counts = { visits: 0, strangersHeard: 0, stored: 0, receipted: 0, lostLinks: 0, errors: 0 }
const uplink = { online: false, lost: 0 }
const hear: Log['info'] = (event, fields) => {
  if (event === 'uplink-online') uplink.online = true
  if (event === 'uplink-lost') {
    uplink.online = false
    uplink.lost += 1
  }
  if (event === 'visit') {
    counts.visits += 1
    counts.stored += Number(fields?.stored ?? 0)
  }
  if (event === 'visit-failed') counts.stored += Number(fields?.stored ?? 0)
  if (event === 'receipt') counts.receipted += Number(fields?.count ?? 0)
}
const log: Log = {
  info: hear,
  warn: hear,
  error: (event, fields) => {
    counts.errors += 1
    process.stderr.write(`${event} ${JSON.stringify(fields)}\n`)
  },
}

const clock = manualClock()
const random = seeded(Number(seed))
const time = { now: clock.now, setTimeout: clock.setTimeout }
const controller = new VirtualController({ time })
attachInProcess(0, controller)
const home = soakHome(controller, { time, wallNow: () => clock.wall() ?? 0, random })
const config = loadConfig(configPath, { drivers })
const ble = createNobleTransport({
  adapter: 0,
  bonds: memoryBonds(),
  time: clock,
  log: { info() {}, warn() {}, error() {} },
})
/** Each stranger has an address of its own; the newest is the highest. */
let lastStranger = ''
const counting: BleTransport = {
  start: (onAdvertisement, signal) =>
    ble.start((seen) => {
      if (seen.address.startsWith(STRANGERS) && seen.address > lastStranger) {
        lastStranger = seen.address
        counts.strangersHeard += 1
      }
      onAdvertisement(seen)
    }, signal),
  connect: (address, signal) => ble.connect(address, signal),
  health: () => ble.health(),
}
let ids = 0
const hub = startHub({
  config,
  drivers,
  clock,
  random,
  randomHex: (bytes) => {
    ids += 1
    return ids.toString(16).padStart(bytes * 2, '0')
  },
  log,
  version: '0.0.0',
  memory: () => process.memoryUsage.rss(),
  ble: counting,
})

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Lets the hub and the devices live, until `done`, at most `ms`. */
async function live(ms: number, stepMs: number, done: () => boolean = () => false): Promise<number> {
  let passed = 0
  for (; passed < ms && !done(); passed += stepMs) await clock.advance(stepMs)
  return passed
}

async function receipted(): Promise<void> {
  const startedAt = performance.now()
  while (counts.receipted < counts.stored && performance.now() - startedAt < SETTLED_WITHIN_MS) await turn()
}

/** Lets the day go no faster than sockets do, until the hub is back at its broker. */
async function connected(): Promise<number> {
  let passed = 0
  for (; !uplink.online && passed < HOUR_MS; passed += 1_000) {
    await clock.advance(1_000)
    await pause(SOCKET_MS)
  }
  return passed
}

/** Cuts the line, and waits until the hub has noticed and come back. */
async function cut(): Promise<number> {
  const { lost } = uplink
  process.send?.('cut')
  const startedAt = performance.now()
  while (uplink.lost === lost && performance.now() - startedAt < SETTLED_WITHIN_MS) await turn()
  return connected()
}

async function measureOnce(loseLink: boolean): Promise<number> {
  const device = home.measure()
  let passed = 0
  if (loseLink) {
    passed += await live(VISIT_WITHIN_MS, STEP_MS, () => device.connected())
    if (device.connected()) {
      passed += await live(Math.floor(random() * 3) * STEP_MS, STEP_MS)
      counts.lostLinks += device.loseLink() ? 1 : 0
    }
  }
  passed += await live(VISIT_WITHIN_MS, STEP_MS, () => device.empty() && !device.connected())
  await receipted()
  return passed
}

function residentMb(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? Number.NaN) / 1024
}

const starting = { yet: false }
void hub.ready.then(() => {
  starting.yet = true
})
while (!starting.yet) await clock.advance(STEP_MS)
await connected()

// Hour 0 is the warming up: V8 compiles what the first visits need.
for (let hour = 0; hour <= Number(hours); hour++) {
  let left = HOUR_MS
  for (let n = 0; n < MEASUREMENTS_PER_HOUR; n++) {
    left -= await measureOnce(n % 2 === 0 && n / 2 < LINKS_LOST_PER_HOUR)
    for (let s = 0; s < STRANGERS_PER_HOUR / MEASUREMENTS_PER_HOUR; s++) {
      home.passBy()
      left -= await live(STEP_MS, STEP_MS)
    }
  }
  left -= await cut()
  left -= await live(Math.max(0, left), 1_000)
  await receipted()
  globalThis.gc?.()
  await turn()
  globalThis.gc?.()
  const descriptors = readdirSync('/proc/self/fd').length
  process.stdout.write(
    `${JSON.stringify({ hour, residentMb: residentMb(), heapMb: process.memoryUsage().heapUsed / 2 ** 20, descriptors, made: home.made(), ...counts })}\n`,
  )
}
process.exit(0)
