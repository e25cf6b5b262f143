import { createHash } from 'node:crypto'
import type { SerialDriver } from '../../device-drivers/driver.ts'
import { noninStream } from '../../device-drivers/serial/nonin-stream.ts'
import { parseConfig } from '../../gateway/config.ts'
import { spaceOf } from '../../gateway/disk-space.ts'
import { type HubParts, startHub } from '../../gateway/hub.ts'
import { pause } from '../../gateway/hub-clock.ts'
import type { Log } from '../../gateway/log.ts'
import type { OpenSerialLink, SerialTransport } from '../../gateway/transport/transport.ts'
import { encodeFormat8 } from '../../simulators/encoders/nonin.ts'
import { type ManualClock, manualClock } from './manual-clock.ts'
import { about, decode, record } from './test-driver.ts'

/** A day in a home, in seconds: the real hub and drivers on devices that live by the test's clock. */

const HOUR_MS = 3600_000
const DAY_MS = 24 * HOUR_MS
/** The night of someone who wears an oximeter from 22 to 6; the day begins at noon. */
const NIGHT = { from: 10 * HOUR_MS, to: 18 * HOUR_MS }
const NEVER = new AbortController().signal

export interface DayOptions {
  readonly dataDir: string
  readonly brokerUrl: string
  readonly log: Log
  /** Devices that are measured with every hour. */
  readonly spotChecks: number
  /** Worn at night, one value a second; off the finger for five seconds once in so many. Absent: nobody wears one. */
  readonly slipsEveryS?: number
  readonly parts?: Partial<HubParts>
}

/** A device read every hour: the byte after the weight is its record's number. */
const hourly = (clock: ManualClock): SerialDriver => ({
  transport: 'serial',
  about,
  settings: { baudRate: 9600 },
  match: () => false,
  decode,
  async *session() {
    for (let n = 1; n <= 24; n += 1) {
      await pause(clock, HOUR_MS, NEVER)
      yield { type: 'record', record: record(80, n) }
    }
    await pause(clock, DAY_MS, NEVER)
  },
})

/** Values that don't come to rest: each slip of the finger makes a reading. */
async function* night(clock: ManualClock, slipsEveryS: number): AsyncGenerator<Uint8Array> {
  await pause(clock, NIGHT.from, NEVER)
  for (let s = 0; s < (NIGHT.to - NIGHT.from) / 1000; s += 1) {
    const off = s % slipsEveryS >= slipsEveryS - 5
    const values = off ? { oxygenSaturation: undefined, pulseRate: undefined } : { oxygenSaturation: 93, pulseRate: 61 }
    yield encodeFormat8({ ...values, sensorOff: off, smartPoint: false })
    await pause(clock, 1_000, NEVER)
  }
  await pause(clock, DAY_MS, NEVER)
}

function wires(clock: ManualClock, slipsEveryS: number | undefined): SerialTransport {
  const link = (): OpenSerialLink => ({
    write: () => Promise.resolve(),
    chunks: () => night(clock, slipsEveryS ?? 1),
    lost: NEVER,
    close: () => Promise.resolve(),
  })
  return { list: () => Promise.resolve([]), open: () => Promise.resolve(link()) }
}

/** Starts the hub and lives 24 hours, second by second; the hub is stopped afterwards. Resolves with its parts' clock. */
export async function liveOneDay(options: DayOptions): Promise<void> {
  const { dataDir, brokerUrl, log, spotChecks, slipsEveryS } = options
  const clock = manualClock()
  const drivers = [hourly(clock), noninStream]
  const scales = Array.from({ length: spotChecks }, (_, i) => ({
    id: `scale-000${i}`,
    driver: about.id,
    target: `/dev/ttyS${i}`,
  }))
  const oximeter = { id: 'oximeter-0001', driver: noninStream.about.id, target: '/dev/ttyUSB0' }
  const serial = [...scales, ...(slipsEveryS === undefined ? [] : [oximeter])]
  const broker = { url: brokerUrl, username: 'hub-0001', password: 'none' }
  const config = parseConfig({ hub: 'hub-0001', dataDir, broker, serial }, { drivers }, () => '')
  let drawn = 0
  const hub = startHub({
    config,
    drivers,
    clock,
    random: () => 0.5,
    randomHex: (bytes) => createHash('shake256', { outputLength: bytes }).update(`${++drawn}`).digest('hex'),
    log,
    version: '0.0.0',
    memory: () => 1,
    disk: () => spaceOf(dataDir),
    serial: wires(clock, slipsEveryS),
    ...options.parts,
  })
  try {
    for (let s = 0; s < DAY_MS / 1000; s += 1) await clock.advance(1_000)
  } finally {
    const stopped = { yet: false }
    const done = hub.stop().then(() => {
      stopped.yet = true
    })
    while (!stopped.yet) await clock.advance(100)
    await done
  }
}
