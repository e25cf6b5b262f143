import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  connectHub,
  fleetRegistry,
  type LoadHub,
  ORGANISATION,
  publishReadings,
  spo2Reading,
} from '../../bench/fleet.ts'
import { provision, type RunningBroker, type Secrets, startBroker } from '../../support/broker-process.ts'
import { type ExampleName, startKilledSubscriber } from '../../support/killed-subscriber.ts'
import { optional } from '../../support/optional.ts'

/** The examples as somebody else's system would run them: killed in the middle, and missing nothing. */

/** Two processes, on a machine that does much else. */
const STARTED_WITHIN_MS = 60_000
const BATCHES = 8
const BATCH = 25
const KILLS = 2

/** One account for each: two connections of one would take each other over. */
const ACCOUNTS: Readonly<Record<ExampleName, string>> = {
  'subscriber.ts': 'client-ts',
  'subscriber.py': 'client-py',
  'subscriber.sh': 'client-sh',
}

let data: string
let secrets: Secrets
let broker: RunningBroker
let hub: LoadHub
/** Of all tests: each subscriber begins with an empty file and has to catch up with what the ones before it heard. */
let published = 0
beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'precare-examples-'))
  const clients = Object.values(ACCOUNTS).map((id) => ({ id, organisation: ORGANISATION }))
  secrets = await provision(data, { ...fleetRegistry(1, 1), clients })
  broker = await startBroker(data)
  hub = await connectHub(broker.mqttUrl, secrets, 0)
}, STARTED_WITHIN_MS)
afterAll(async () => {
  await hub.client.endAsync(true)
  await broker.stop()
  rmSync(data, { recursive: true, force: true })
})

/** Publishes while the subscriber is killed, and comes back when it has caught up. */
async function killWhilePublishing(example: ExampleName): Promise<number[]> {
  const account = ACCOUNTS[example]
  const password = secrets.clients[account] ?? ''
  const address = { ...broker, organisation: ORGANISATION, account, password }
  const subscriber = startKilledSubscriber(example, join(data, `by-${example}`), address)
  onTestFinished(() => subscriber.stop())
  for (let batch = 0; batch < BATCHES; batch++) {
    const at = new Date().toISOString()
    const before = subscriber.cursors().length
    await publishReadings(
      hub,
      Array.from({ length: BATCH }, (_, i) => spo2Reading(0, published + i, 97, at)),
    )
    published += BATCH
    if (batch % (BATCHES / KILLS) !== 0) continue
    // Killed when it has something new: at some moment between hearing, dealing with and saving.
    while (subscriber.cursors().length === before) await after(5)
    await subscriber.kill()
  }
  while (subscriber.cursors().length < published) await after(20)
  expect(subscriber.kills).toBe(KILLS)
  return subscriber.cursors()
}

const everyOneOnce = () => Array.from({ length: published }, (_, i) => i + 1)
const works = (command: string, ...args: string[]) => spawnSync(command, args).status === 0

describe('the TypeScript subscriber', () => {
  test('has every reading once, whenever it is killed', { timeout: 60_000 }, async () => {
    expect(await killWhilePublishing('subscriber.ts')).toEqual(everyOneOnce())
  })
})

optional('python3-paho-mqtt', works('/usr/bin/python3', '-c', 'import paho.mqtt.client'))(
  'the Python subscriber',
  () => {
    test('has every reading once, whenever it is killed', { timeout: 60_000 }, async () => {
      expect(await killWhilePublishing('subscriber.py')).toEqual(everyOneOnce())
    })
  },
)

optional('mosquitto-clients and curl', works('which', 'mosquitto_sub') && works('which', 'curl'))(
  'the shell subscriber',
  () => {
    test('has every reading once, whenever it is killed', { timeout: 60_000 }, async () => {
      expect(await killWhilePublishing('subscriber.sh')).toEqual(everyOneOnce())
    })
  },
)
