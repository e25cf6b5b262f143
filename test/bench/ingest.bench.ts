import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { receiptSchema } from '../../broker/contract/messages.ts'
import { topics } from '../../broker/contract/topics.ts'
import { provision, residentMb, startBroker } from '../support/broker-process.ts'
import type { Bench } from './bench.ts'
import { connectHubs, fleetRegistry, type LoadHub, spo2Reading } from './fleet.ts'

/** A backlog of 100,000 readings from 50 hubs that return at once: stored and receipted per second. */

const HUBS = 50
const PER_HUB = 4
const READINGS = 100_000
/** As the hub's uplink sends them: readings per message and messages under way per hub. */
const BATCH = 25
const WINDOW = 8
/** "Memory flat": a second backlog of the same size, beside the peak of the first, in which caches and heap settle. */
const FLAT_MB = 60

/** Resolves when `count` readings of this hub are named by receipts. */
function backlog(hub: LoadHub, messages: readonly string[], count: number): Promise<void> {
  const receipted = new Set<number>()
  let sent = 0
  let flying = 0
  return new Promise((resolve, reject) => {
    const send = (): void => {
      while (flying < WINDOW && sent < messages.length) {
        flying++
        hub.client.publish(topics.hubReadings(hub.id), messages[sent++] ?? '', { qos: 1 }, (error) => {
          if (error) reject(error)
          flying--
          send()
        })
      }
    }
    hub.client.removeAllListeners('message')
    hub.client.on('message', (_topic, payload) => {
      const receipt = receiptSchema.parse(JSON.parse(payload.toString()))
      for (let seq = receipt.first; seq <= receipt.last; seq++) {
        receipted.add(seq)
      }
      if (receipted.size === count) resolve()
    })
    send()
  })
}

/** Readings as they come off a hub's disk after a month offline: one a minute, in order. */
function messagesOf(hub: LoadHub, n: number, from: number, count: number, start: number): string[] {
  return Array.from({ length: count / BATCH }, (_, b) => {
    const first = from + b * BATCH
    const readings = Array.from({ length: BATCH }, (_, i) => {
      const serial = first + i
      const at = new Date(start + serial * 60_000).toISOString()
      return spo2Reading(n * PER_HUB + (serial % PER_HUB), serial + 1, 92 + (serial % 7), at)
    })
    return JSON.stringify({ epoch: hub.epoch, first: first + 1, readings })
  })
}

export const bench: Bench = async ({ onProgress }) => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-ingest-'))
  const secrets = await provision(dir, fleetRegistry(HUBS, PER_HUB))
  const broker = await startBroker(dir)
  try {
    const hubs = await connectHubs(broker.mqttUrl, secrets, HUBS)
    const perHub = READINGS / HUBS
    const start = Date.now() - 30 * 24 * 3600_000
    const round = (of: number): Promise<number> => {
      const messages = hubs.map((hub, n) => messagesOf(hub, n, of * perHub, perHub, start))
      const t0 = performance.now()
      return Promise.all(hubs.map((hub, n) => backlog(hub, messages[n] ?? [], perHub))).then(
        () => (performance.now() - t0) / 1000,
      )
    }
    onProgress(`twice ${READINGS} readings of ${HUBS} hubs, ${BATCH} a message`)
    const samples: number[] = []
    const sampler = setInterval(() => samples.push(residentMb(broker.pid)), 100)
    const seconds = await round(0)
    const peak = Math.max(...samples.splice(0))
    await round(1)
    clearInterval(sampler)
    await Promise.all(hubs.map((h) => h.client.endAsync(true)))
    const figures = {
      receiptedPerSecond: READINGS / seconds,
      seconds,
      residentPeakMb: peak,
      residentPeakOfSecondMb: Math.max(...samples),
      residentGrowthMb: Math.max(...samples) - peak,
    }
    return {
      figures,
      limits: [
        { figure: 'receiptedPerSecond', atLeast: 10_000 },
        { figure: 'residentGrowthMb', atMost: FLAT_MB },
      ],
      conditions: {
        hubs: HUBS,
        readings: READINGS,
        readingsPerMessage: BATCH,
        windowPerHub: WINDOW,
        fsync: 'synchronous=FULL',
        loadGenerator: 'same machine, one process',
        node: process.version,
      },
    }
  } finally {
    await broker.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}
