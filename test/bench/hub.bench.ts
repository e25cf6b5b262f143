import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { startChild } from '../../simulators/demo/children.ts'
import { hubConfig, readScenario } from '../../simulators/scenario.ts'
import { inviteHub, provision, residentMb, startBroker } from '../support/broker-process.ts'
import type { Bench } from './bench.ts'

/** One hub with four devices, as built JavaScript: resident memory and start time, beside an empty Node process. */

/** Long enough that every device has been read at least once and the heap has settled. */
const SETTLE_S = 20
const ABOVE_EMPTY_MB = 60
/** Node's own options as a hub in a home is started with them. */
function nodeFlags(): string[] {
  const unit = readFileSync('gateway/service/precare-hub.service', 'utf8')
  const start = /^ExecStart=\S+\/node (.*?)\S+\/main\.js /m.exec(unit)?.[1]
  if (start === undefined) throw new Error('the unit file does not start the hub')
  return start.split(' ').filter(Boolean)
}

async function emptyNode(): Promise<{ residentMb: number; startMs: number }> {
  const t0 = performance.now()
  const child = spawn(process.execPath, ['-e', "console.log('up'); setInterval(() => {}, 1000)"], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  const startMs = performance.now() - t0
  await after(1000)
  const resident = residentMb(child.pid ?? 0)
  child.kill()
  await once(child, 'close')
  return { residentMb: resident, startMs }
}

export const bench: Bench = async ({ secs = SETTLE_S, onProgress }) => {
  onProgress('building')
  const build = spawnSync('npm', ['run', 'build'], { encoding: 'utf8' })
  if (build.status !== 0) throw new Error(`build failed: ${build.stdout}${build.stderr}`)
  const dir = mkdtempSync(join(tmpdir(), 'bench-hub-'))
  const scenario = readScenario('simulators/scenarios/four-devices.json')
  const hub = scenario.registry.hubs[0]?.id ?? ''
  const secrets = await provision(dir, scenario.registry)
  const broker = await startBroker(dir, { main: 'dist/broker/main.js', tlsPort: 0 })
  const sockets = join(dir, 'radios')
  mkdirSync(sockets)
  const world = startChild(
    'simulated devices',
    ['dist/simulators/main.js', 'simulators/scenarios/four-devices.json', '--sockets', sockets],
    {},
    (line) => line['ready'] === true,
    () => undefined,
  )
  try {
    const { hubs } = (await world.ready) as {
      hubs: { hciSocket: string; serial: { device: string; target: string }[] }[]
    }
    const config = hubConfig(scenario, hub, {
      mqttUrl: broker.mqttUrl,
      username: hub,
      password: secrets.hubs[hub] ?? '',
      dataDir: join(dir, 'hub'),
      serialTargets: Object.fromEntries((hubs[0]?.serial ?? []).map((s) => [s.device, s.target])),
    })
    mkdirSync(join(dir, 'hub'))
    const configPath = join(dir, 'hub', 'config.json')
    writeFileSync(configPath, JSON.stringify({ ...config, broker: { url: broker.tlsUrl } }), { mode: 0o600 })
    const { invitation } = inviteHub(dir, hub, 'bench', broker.enrolUrl)
    const enrol = ['dist/gateway/main.js', 'enrol', '--config', configPath, '--code', invitation, '--serial', 'bench']
    const enrolled = spawnSync(process.execPath, enrol, { encoding: 'utf8' })
    if (enrolled.status !== 0) throw new Error(`enrol failed: ${enrolled.stderr}`)
    const empty = await emptyNode()
    onProgress(`hub runs for ${secs} s`)
    let receipts = 0
    const t0 = performance.now()
    const running = startChild(
      hub,
      [
        ...nodeFlags(),
        '--import',
        './dist/simulators/bluetooth/register.js',
        'dist/gateway/main.js',
        'run',
        '--config',
        configPath,
      ],
      { PRECARE_VIRTUAL_HCI: hubs[0]?.hciSocket ?? '' },
      (line) => line['event'] === 'ready',
      (line) => {
        if (line['event'] === 'receipt') receipts++
      },
    )
    await running.ready
    const startMs = performance.now() - t0
    const samples: number[] = []
    for (let i = 0; i < secs; i++) {
      await after(1000)
      samples.push(residentMb(running.pid))
    }
    await running.stop(5000)
    const peak = Math.max(...samples)
    return {
      figures: {
        residentMb: peak,
        emptyNodeMb: empty.residentMb,
        aboveEmptyMb: peak - empty.residentMb,
        startMs,
        emptyNodeStartMs: empty.startMs,
        receipts,
      },
      limits: [
        { figure: 'aboveEmptyMb', atMost: ABOVE_EMPTY_MB },
        { figure: 'receipts', atLeast: 1 },
      ],
      conditions: {
        devices: 4,
        tls: true,
        javascript: 'built',
        flags: nodeFlags().join(' '),
        secs,
        startIs: 'until uplink connected and radio started',
        node: process.version,
      },
    }
  } finally {
    await world.stop(3000)
    await broker.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}
