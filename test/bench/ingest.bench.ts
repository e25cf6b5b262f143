import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { receiptSchema } from '../../broker/contract/messages.ts'
import { topics } from '../../broker/contract/topics.ts'
import { provision, residentMb, startBroker } from '../support/broker-process.ts'
import type { Bench } from './bench.ts'
import { connectHub, fleetRegistry, type LoadHub, spo2Reading } from './fleet.ts'

/** A backlog of 100,000 readings from 50 hubs that return at once: stored and receipted per second. */

const HUBS = 50
const PER_HUB = 4
const READINGS = 100_000
/** As the hub's uplink sends them: readings per message and messages under way per hub. */
const BATCH = 25
const WINDOW = 8
/** "Memory flat": resident memory at the end beside that at a third of the way, when caches and heap have settled. */
const FLAT_MB = 60

/** Resolves when every reading of this hub is named by a receipt. */
function backlog(hub: LoadHub, messages: readonly string[], perHub: number): Promise<void> {
  const receipted = new Uint8Array(perHub + 1)
  let missing = perHub
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
    hub.client.on('message', (_topic, payload) => {
      const receipt = receiptSchema.parse(JSON.parse(payload.toString()))
      for (let seq = receipt.first; seq <= receipt.last; seq++) {
        if (receipted[seq] === 0) {
          receipted[seq] = 1
          missing--
        }
      }
      if (missing === 0) resolve()
    })
    send()
  })
}

export const bench: Bench = async ({ onProgress }) => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-ingest-'))
  const secrets = provision(dir, fleetRegistry(HUBS, PER_HUB))
  const broker = await startBroker(dir)
  try {
    const hubs = await Promise.all(Array.from({ length: HUBS }, (_, n) => connectHub(broker.mqttUrl, secrets, n)))
    const perHub = READINGS / HUBS
    const start = Date.now() - 30 * 24 * 3600_000
    const batches = hubs.map((hub, n) =>
      Array.from({ length: perHub / BATCH }, (_, b) => {
        const readings = Array.from({ length: BATCH }, (_, i) => {
          const serial = b * BATCH + i
          const at = new Date(start + serial * 60_000).toISOString()
          return spo2Reading(n * PER_HUB + (serial % PER_HUB), serial + 1, 92 + (serial % 7), at)
        })
        return JSON.stringify({ epoch: hub.epoch, first: b * BATCH + 1, readings })
      }),
    )
    onProgress(`${READINGS} readings of ${HUBS} hubs, ${BATCH} a message`)
    const samples: number[] = []
    const sampler = setInterval(() => samples.push(residentMb(broker.pid)), 250)
    const t0 = performance.now()
    await Promise.all(hubs.map((hub, n) => backlog(hub, batches[n] ?? [], perHub)))
    const seconds = (performance.now() - t0) / 1000
    clearInterval(sampler)
    const third = samples[Math.floor(samples.length / 3)] ?? Number.NaN
    await Promise.all(hubs.map((h) => h.client.endAsync(true)))
    await after(200)
    const figures = {
      receiptedPerSecond: READINGS / seconds,
      seconds,
      residentAtThirdMb: third,
      residentPeakMb: Math.max(...samples),
      residentGrowthMb: Math.max(...samples.slice(Math.floor(samples.length / 3))) - third,
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
