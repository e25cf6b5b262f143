import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { provision, startBroker } from '../support/broker-process.ts'
import { startKilledSubscriber } from '../support/killed-subscriber.ts'
import { seeded } from '../support/random.ts'
import type { Bench } from './bench.ts'
import { CLIENT, connectHub, fleetRegistry, ORGANISATION, publishReadings, spo2Reading } from './fleet.ts'

/** 10,000 readings flow while the example subscriber is killed 50 times at random; it must end with exactly 10,000. */

const READINGS = 10_000
const BATCH = 25
const KILLS = 50
/** Lives last up to so many starts: some kills hit it before it is connected, some while it catches up, some after. */
const STARTS_A_LIFE = 2.5

export const bench: Bench = async ({ seed, onProgress }) => {
  const data = mkdtempSync(join(tmpdir(), 'precare-resume-'))
  const random = seeded(seed)
  const secrets = await provision(data, fleetRegistry(1, 1))
  const broker = await startBroker(data)
  const subscriber = startKilledSubscriber('subscriber.ts', join(data, 'received.db'), {
    ...broker,
    organisation: ORGANISATION,
    account: CLIENT,
    password: secrets.clients[CLIENT] ?? '',
  })
  try {
    const hub = await connectHub(broker.mqttUrl, secrets, 0)
    const begun = performance.now()
    await publishReadings(hub, [spo2Reading(0, 0, 97, new Date().toISOString())])
    while (subscriber.cursors().length === 0) await after(5)
    const livesAtMostMs = STARTS_A_LIFE * (performance.now() - begun)
    const killing = (async () => {
      while (subscriber.kills < KILLS) {
        await after(random() * livesAtMostMs)
        await subscriber.kill()
        if (subscriber.kills % 10 === 0)
          onProgress(`${subscriber.kills} kills, ${subscriber.cursors().length} readings`)
      }
    })()
    const started = performance.now()
    for (let sent = 1; sent < READINGS; sent += BATCH) {
      const at = new Date().toISOString()
      await publishReadings(
        hub,
        Array.from({ length: Math.min(BATCH, READINGS - sent) }, (_, i) => spo2Reading(0, sent + i, 97, at)),
      )
      // As long as the killing lasts: an even flow, not a heap at the beginning.
      if (subscriber.kills < KILLS) await after((KILLS * livesAtMostMs) / 2 / (READINGS / BATCH))
    }
    await killing
    while (subscriber.cursors().length < READINGS) await after(50)
    const seconds = (performance.now() - started) / 1000
    const cursors = subscriber.cursors()
    await hub.client.endAsync(true)
    return {
      figures: {
        received: cursors.length,
        twice: cursors.length - new Set(cursors).size,
        'out of order': cursors.filter((cursor, i) => cursor !== i + 1).length,
        kills: subscriber.kills,
        seconds,
      },
      limits: [
        { figure: 'received', atLeast: READINGS, atMost: READINGS },
        { figure: 'twice', atMost: 0 },
        { figure: 'out of order', atMost: 0 },
        { figure: 'kills', atLeast: KILLS },
      ],
      conditions: {
        seed,
        readings: READINGS,
        'killed after at most ms': Math.round(livesAtMostMs),
        broker: 'a process of its own',
      },
    }
  } finally {
    await subscriber.stop()
    await broker.stop()
    rmSync(data, { recursive: true, force: true })
  }
}
