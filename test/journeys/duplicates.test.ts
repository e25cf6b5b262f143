import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { connectHub, fleetRegistry, type LoadHub, publishReadings, spo2Reading } from '../bench/fleet.ts'
import { provision, type Registry, startBroker } from '../support/broker-process.ts'
import { seeded } from '../support/random.ts'
import { shuffled } from '../support/shuffled.ts'
import { tempDir } from '../support/temp-dir.ts'

const READINGS = 60
/** The one dip of the day: from here to there below the alert limit. */
const DIP = { from: 20, to: 25 }
const at = (n: number): string => new Date(Date.UTC(2026, 10, 20, 8, n)).toISOString()

it('fault 25: two hubs hear one device, a card is put back, all of it is replayed three times in any order', async () => {
  const dataDir = tempDir()
  // The device belongs to the first hub; the second is a neighbour's.
  const registry: Registry = { ...fleetRegistry(2, 1) }
  const secrets = await provision(dataDir, registry)
  const broker = await startBroker(dataDir)
  onTestFinished(() => broker.stop(true))
  const readings = Array.from({ length: READINGS }, (_, n) => {
    const low = n >= DIP.from && n < DIP.to
    return spo2Reading(0, n, low ? 80 : 96, at(n))
  })
  const connect = async (n: number): Promise<LoadHub> => {
    const hub = await connectHub(broker.mqttUrl, secrets, n)
    onTestFinished(() => hub.client.endAsync(true))
    return hub
  }
  const [home, neighbour] = [await connect(0), await connect(1)]
  const random = seeded(25)
  // The neighbour's hub hears the first half, and before the hub of the home.
  for (const reading of readings.slice(0, READINGS / 2)) await publishReadings(neighbour, [reading])
  for (const reading of readings) await publishReadings(home, [reading])
  // The card's image of an hour ago in the same machine: the same epoch, numbers given out a second time.
  home.next -= 20
  for (const reading of readings.slice(-10)) await publishReadings(home, [reading])
  // A new outbox in its place: a new epoch.
  const restored: LoadHub = { ...home, epoch: 'fedcba9876543210', next: 1 }
  for (let replay = 0; replay < 3; replay++) {
    const order = shuffled(readings, random)
    await Promise.all(order.map((reading, i) => publishReadings(i % 2 === 0 ? restored : neighbour, [reading])))
  }
  const figures = await (await fetch(`${broker.httpUrl}/metrics`)).text()
  const sum = (name: string): number =>
    Array.from(figures.matchAll(new RegExp(`^precare_readings_${name}_total\\{.*\\} (\\d+)$`, 'gm')), ([, n]) =>
      Number(n),
    ).reduce((a, b) => a + b, 0)
  expect(sum('stored')).toBe(READINGS)
  expect(sum('received')).toBe(sum('stored') + sum('duplicate') + sum('quarantined'))
  await broker.stop()
  const db = new DatabaseSync(join(dataDir, 'journal.db'))
  onTestFinished(() => db.close())
  const one = (sql: string) => Object.values(db.prepare(sql).get() ?? {})[0]
  expect(one('SELECT count(*) FROM readings')).toBe(READINGS)
  expect(one(`SELECT count(*) FROM readings WHERE state = 'clinical'`)).toBe(READINGS)
  expect(one('SELECT count(*) FROM feeds')).toBe(READINGS)
  expect(one('SELECT count(*) FROM alerts')).toBe(1)
  expect(one('PRAGMA integrity_check')).toBe('ok')
}, 120_000)
