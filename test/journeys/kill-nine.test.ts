import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as after } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startChild } from '../../simulators/demo/children.ts'
import type { EmittedReading } from '../../simulators/devices/device.ts'
import { hubConfig, readScenario } from '../../simulators/scenario.ts'
import { provision } from '../support/broker-process.ts'
import { freePort } from '../support/free-port.ts'
import { BROKER_MAIN, HUB_MAIN } from '../support/mains.ts'
import { seeded } from '../support/random.ts'
import { Supervised } from '../support/supervised.ts'

/**
 * Hub and broker are killed at random moments for half a minute while devices measure. The devices live in a process of
 * their own, which writes down every record it made; afterwards the journal must hold each of them exactly once.
 */

const CHAOS_MS = 30_000
const DRAIN_MS = 60_000
const SCENARIO = 'simulators/scenarios/crash.json'
const SEED = Number(process.env['SEED'] ?? 20_261_122)

const recordKey = (device: string, source: string, hex: string): string => `${device}/${source}/${hex.toLowerCase()}`

/** How often each record is in the journal, by device and first raw packet. */
function storedRecords(journalPath: string): Map<string, number> {
  const db = new DatabaseSync(journalPath, { readOnly: true })
  const rows = db.prepare('SELECT r.device, p.packets FROM readings r JOIN raw_packets p ON p.reading = r.cursor').all()
  db.close()
  const counts = new Map<string, number>()
  for (const row of rows) {
    const [first] = JSON.parse(String(row['packets'])) as { source: string; hex: string }[]
    const key = recordKey(String(row['device']), first?.source ?? '', first?.hex ?? '')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

function emittedRecords(path: string): EmittedReading[] {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line)).filter((line) => line.key !== undefined)
}

test('every reading that a device made is stored exactly once, however often hub and broker are killed', {
  timeout: CHAOS_MS + DRAIN_MS + 60_000,
}, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'kill-nine-'))
  const brokerData = join(dir, 'broker')
  mkdirSync(brokerData)
  const scenario = readScenario(SCENARIO)
  const hub = scenario.registry.hubs[0]?.id ?? ''
  const secrets = await provision(brokerData, scenario.registry)
  const mqttPort = await freePort()
  const emittedPath = join(dir, 'emitted.jsonl')
  mkdirSync(join(dir, 'radios'))
  const devices = startChild(
    'devices',
    [
      'simulators/main.ts',
      SCENARIO,
      '--sockets',
      join(dir, 'radios'),
      '--emitted',
      emittedPath,
      '--seed',
      String(SEED),
    ],
    {},
    (line) => line['ready'] === true,
    () => undefined,
  )
  const started: Supervised[] = []
  try {
    const world = (await devices.ready) as {
      hubs: { hciSocket: string; serial: { device: string; target: string }[] }[]
    }
    const home = world.hubs[0]
    const config = hubConfig(scenario, hub, {
      mqttUrl: `mqtt://127.0.0.1:${mqttPort}`,
      username: hub,
      password: secrets.hubs[hub] ?? '',
      dataDir: join(dir, 'hub'),
      serialTargets: Object.fromEntries((home?.serial ?? []).map((s) => [s.device, s.target])),
    })
    mkdirSync(join(dir, 'hub'))
    const configPath = join(dir, 'hub', 'config.json')
    writeFileSync(configPath, JSON.stringify(config), { mode: 0o600 })
    const broker = new Supervised('broker', [
      BROKER_MAIN,
      'run',
      '--data',
      brokerData,
      '--mqtt-port',
      String(mqttPort),
      '--http-port',
      '0',
    ])
    const gateway = new Supervised(
      'hub',
      ['--import', './simulators/bluetooth/register.ts', HUB_MAIN, 'run', '--config', configPath],
      { PRECARE_VIRTUAL_HCI: home?.hciSocket ?? '' },
    )
    started.push(broker, gateway)

    const random = seeded(SEED)
    const chaosEnds = performance.now() + CHAOS_MS
    while (performance.now() < chaosEnds) {
      await after(400 + random() * 2200)
      const dice = random()
      if (dice < 0.6) gateway.kill()
      if (dice > 0.4) broker.kill()
    }

    const journalPath = join(brokerData, 'journal.db')
    const wanted = scenario.series.reduce((sum, series) => sum + (series.count ?? 0), 0)
    const drainEnds = performance.now() + DRAIN_MS
    let stored = storedRecords(journalPath)
    while (performance.now() < drainEnds && stored.size < wanted) {
      await after(250)
      stored = storedRecords(journalPath)
    }
    const emitted = emittedRecords(emittedPath)
    const keys = emitted.map((e) => recordKey(e.device, e.source, e.hex))
    const report = {
      seed: SEED,
      kills: { hub: gateway.kills, broker: broker.kills },
      emitted: emitted.length,
      lost: keys.filter((key) => !stored.has(key)),
      twice: [...stored].filter(([, count]) => count > 1).map(([key]) => key),
      invented: [...stored.keys()].filter((key) => !keys.includes(key)),
    }
    const story = `${JSON.stringify(report, null, 1)}\n${report.lost.length > 0 ? gateway.said.slice(-4000) : ''}`
    expect(emitted.length, story).toBe(wanted)
    expect(new Set(keys).size, 'no two records look alike, or the count would mean nothing').toBe(wanted)
    expect(report.lost, story).toEqual([])
    expect(report.twice, story).toEqual([])
    expect(report.invented, story).toEqual([])
    expect(gateway.kills, 'hub kills').toBeGreaterThanOrEqual(5)
    expect(broker.kills, 'broker kills').toBeGreaterThanOrEqual(5)
  } finally {
    await Promise.all(started.map((s) => s.stop()))
    await devices.stop(3000)
    rmSync(dir, { recursive: true, force: true })
  }
})
