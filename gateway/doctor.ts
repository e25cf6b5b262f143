import { join } from 'node:path'
import { MqttClient } from 'mqtt'
import { messageOf } from '../device-drivers/errors.ts'
import type { HubConfig } from './config.ts'
import { dialBroker } from './dial.ts'
import { deadline, type HubClock } from './hub-clock.ts'
import { type HubIdentity, identityFolder, readIdentity } from './identity/slots.ts'
import { openOutbox } from './outbox.ts'
import type { SerialTransport } from './transport/transport.ts'

/** One thing that a working hub needs, tried. */
export interface Finding {
  readonly what: string
  readonly ok: boolean
  readonly advice?: string
}

/** Long enough for a slow line, short enough for a technician at the door. */
const BROKER_WITHIN_MS = 10_000

async function tried(what: string, advice: string, work: () => unknown): Promise<Finding> {
  try {
    await work()
    return { what, ok: true }
  } catch (error) {
    return { what, ok: false, advice: `${messageOf(error)}. ${advice}` }
  }
}

const RADIO_ADVICE = {
  noble: 'Run the installer again: the module must be built for this Node.',
  bluez: 'Install and start bluez, plug the adapter in, and let the hub talk to it (group bluetooth).',
} as const

export interface DoctorParts {
  readonly config: HubConfig
  readonly clock: HubClock
  readonly randomHex: (bytes: number) => string
  /** Loads the radio's native module; rejects when it is not built for this Node. */
  readonly loadRadio: () => Promise<unknown>
  readonly serial: () => Promise<SerialTransport>
}

/** Tries what the hub needs, without measuring or sending anything. The hub itself must not run meanwhile. */
export async function examine({ config, clock, randomHex, loadRadio, serial }: DoctorParts): Promise<Finding[]> {
  const ports = async () => {
    const present = new Set((await (await serial()).list()).map(({ path }) => path))
    const missing = config.serial.filter(({ target }) => target.startsWith('/dev/tty') && !present.has(target))
    if (missing.length > 0) throw new Error(`not there: ${missing.map(({ id }) => id).join(', ')}`)
  }
  return [
    await tried('clock', 'Connect the hub to the network, or allow NTP; until then readings wait.', () => {
      if (clock.wall() === undefined) throw new Error('the hub does not know the time')
    }),
    await tried('outbox', 'Check free space and the health of the card; stop the hub before running doctor.', () => {
      const path = join(config.dataDir, 'outbox.db')
      openOutbox(path, { time: () => undefined, randomHex }).outbox.close()
    }),
    ...(config.bluetooth.enabled
      ? [await tried('radio module', RADIO_ADVICE[config.bluetooth.transport], loadRadio)]
      : []),
    ...(config.serial.length > 0 ? [await tried('serial ports', 'Check the cables.', ports)] : []),
    ...(config.broker.url.startsWith('mqtts:')
      ? [await tried('certificate', 'A technician must enrol the hub.', () => certificateOf(config, clock))]
      : []),
    await tried('broker', 'Check the address, the network and the credentials.', () => reach(config, clock)),
  ]
}

function certificateOf({ dataDir, hub }: HubConfig, clock: HubClock): HubIdentity {
  const identity = readIdentity(identityFolder(dataDir))
  if (identity === undefined) throw new Error('the hub has none')
  if (identity.hub !== hub) throw new Error(`it is of ${identity.hub}`)
  if (identity.validTo < clock.earliest()) throw new Error('it has ended; the hub tries to renew it while it runs')
  return identity
}

/** Connects as the hub, since the broker lets it in under no other client id: a running hub would be thrown out. */
async function reach({ broker, hub, dataDir }: HubConfig, clock: HubClock): Promise<void> {
  const dial = dialBroker({ url: broker.url, clock, identity: () => readIdentity(identityFolder(dataDir)) })
  const never = new AbortController().signal
  const limit = deadline(clock, BROKER_WITHIN_MS, never, () => new Error('no answer in time'))
  const stream = await dial(limit.signal).finally(limit.cancel)
  return new Promise((resolve, reject) => {
    const client = new MqttClient(() => stream, {
      clientId: hub,
      ...(broker.username === undefined ? {} : { username: broker.username }),
      ...(broker.password === undefined ? {} : { password: broker.password }),
      protocolVersion: 4,
      reconnectPeriod: 0,
      connectTimeout: BROKER_WITHIN_MS,
    })
    const end = (error?: Error) => {
      client.end(true)
      if (error === undefined) resolve()
      else reject(error)
    }
    client.on('connect', () => end())
    client.on('error', end)
    client.on('close', () => end(new Error('the broker closed the connection')))
  })
}
