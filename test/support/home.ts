import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import { drivers } from '../../device-drivers/index.ts'
import type { RawReading } from '../../device-drivers/reading.ts'
import { parseConfig } from '../../gateway/config.ts'
import { type Hub, startHub } from '../../gateway/hub.ts'
import { createHubClock, type HubClock } from '../../gateway/hub-clock.ts'
import type { Log, LogFields } from '../../gateway/log.ts'
import { createSerialTransport } from '../../gateway/transport/serial.ts'
import type { BleTransport, SerialTransport } from '../../gateway/transport/transport.ts'
import { tempDir } from './temp-dir.ts'

/**
 * A home in process: the real hub with its drivers, session and outbox, on real transports over simulated devices. There
 * is no broker: what is looked at is the outbox, where a reading is safe.
 */

interface DeviceEntry {
  readonly id: string
  readonly driver: string
  readonly options?: Readonly<Record<string, string | number | boolean>>
}

export interface HomeOptions {
  readonly devices?: readonly (DeviceEntry & { readonly address: string })[]
  readonly serial?: readonly (DeviceEntry & { readonly target: string })[]
  /** Needed for Bluetooth devices. */
  readonly ble?: BleTransport
  /** By default the real one. */
  readonly lines?: SerialTransport
  readonly clock?: HubClock
  /** By default nobody listens there: the uplink tries again and again, and readings stay where they are. */
  readonly brokerUrl?: string
  readonly brokerPassword?: string
  /** By default a new one. */
  readonly dataDir?: string
}

export interface Home {
  /** Rows of the outbox, in the order in which they were stored. */
  readings(): RawReading[]
  /** Bytes that were kept because they could not be read. */
  rejected(): { readonly device: string; readonly source: string; readonly reason: string }[]
  /** What the hub logged: event and fields. */
  readonly log: readonly (LogFields & { readonly event: string })[]
  /** Waits until `done` holds of the outbox; the test's own time limit ends it. */
  until(done: (readings: readonly RawReading[]) => boolean): Promise<void>
  readonly hub: Hub
  readonly dataDir: string
  stop(): Promise<void>
}

const HUB = 'hub-0001'
/** How often `until` looks. */
const LOOK_EVERY_MS = 20

/** Starts a hub; it is stopped when the test is over. */
export function startHome(options: HomeOptions): Home {
  const { devices = [], serial = [], ble, lines, clock = createHubClock() } = options
  const { dataDir = tempDir(), brokerUrl = 'mqtt://127.0.0.1:1', brokerPassword = 'none' } = options
  const log: (LogFields & { event: string })[] = []
  const note: Log['info'] = (event, fields) => void log.push({ event, ...fields })
  const config = parseConfig(
    {
      hub: HUB,
      dataDir,
      broker: { url: brokerUrl, username: HUB, password: brokerPassword },
      devices,
      serial,
    },
    { drivers },
    () => '',
  )
  const hub = startHub({
    config,
    drivers,
    clock,
    random: () => 0.5,
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    log: { info: note, warn: note, error: note },
    version: '0.0.0',
    memory: () => 1,
    serial: lines ?? createSerialTransport({ time: clock }),
    ...(ble && { ble }),
  })
  const file = new DatabaseSync(join(dataDir, 'outbox.db'), { readOnly: true })
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopped ??= hub.stop().finally(() => file.close())
    return stopped
  }
  onTestFinished(stop)

  const readings = (): RawReading[] =>
    file
      .prepare('SELECT body FROM rows ORDER BY seq')
      .all()
      .map((row): RawReading => JSON.parse(String(row['body'])))
  return {
    log,
    readings,
    rejected: () =>
      file
        .prepare('SELECT device, source, reason FROM rejected ORDER BY number')
        .all()
        .map(({ device, source, reason }) => ({
          device: String(device),
          source: String(source),
          reason: String(reason),
        })),
    async until(done) {
      while (!done(readings())) await new Promise<void>((resolve) => clock.setTimeout(resolve, LOOK_EVERY_MS))
    },
    hub,
    dataDir,
    stop,
  }
}
