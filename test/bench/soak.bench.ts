import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { hubConfig } from '../../simulators/scenario.ts'
import { provision, startBroker } from '../support/broker-process.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import type { Bench } from './bench.ts'
import { HUB, SOAK_SCENARIO } from './soak-home.ts'

/** A day of a hub in less than a minute: does anything grow? Built JavaScript, as on a hub. */

const CHILD = fileURLToPath(new URL('./soak.child.ts', import.meta.url))
const HOURS = 24
const WITHIN_S = 60
const GROWTH_MB = 10
/** What is still in use after a collection; sharper than the resident size, which V8 also grows for other reasons. */
const HEAP_GROWTH_MB = 5
const RESIDENT_MB = 120
const LINKS_LOST_PER_HOUR = 10
/** Of the 400 who pass by; the radio is busy with a link now and then. */
const STRANGERS_PER_HOUR = 300

/** A day in a minute makes garbage a thousand times as fast: without these the nursery grows to what a hub never needs. */
const SMALL_HEAP = ['--max-semi-space-size=2', '--optimize-for-size']

interface Hour {
  readonly residentMb: number
  readonly heapMb: number
  readonly descriptors: number
  readonly made: number
  readonly receipted: number
  readonly lostLinks: number
  readonly strangersHeard: number
  readonly errors: number
}

function build(to: string): void {
  const tsc = resolve('node_modules/typescript/bin/tsc')
  const args = [
    '-p',
    'tsconfig.json',
    '--noEmit',
    'false',
    '--outDir',
    to,
    '--rewriteRelativeImportExtensions',
    '--noCheck',
  ]
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`build failed: ${stdout}`)
  symlinkSync(resolve('node_modules'), join(to, 'node_modules'))
  writeFileSync(join(to, 'package.json'), JSON.stringify({ type: 'module', version: '0.0.0' }))
}

export const bench: Bench = async ({ seed, onProgress }) => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-soak-'))
  const brokerDir = join(dir, 'broker')
  mkdirSync(brokerDir)
  const secrets = await provision(brokerDir, SOAK_SCENARIO.registry)
  onProgress('building')
  build(join(dir, 'dist'))
  const broker = await startBroker(brokerDir)
  const proxy = await startTcpProxy(Number(new URL(broker.mqttUrl).port))
  try {
    const config = hubConfig(SOAK_SCENARIO, HUB, {
      mqttUrl: `mqtt://127.0.0.1:${proxy.port}`,
      username: HUB,
      password: secrets.hubs[HUB] ?? '',
      dataDir: join(dir, 'hub'),
      serialTargets: {},
    })
    const configPath = join(dir, 'hub.json')
    writeFileSync(configPath, JSON.stringify(config), { mode: 0o600 })
    const at = (path: string): string => join(dir, 'dist', path)
    const startedAt = performance.now()
    const child = spawn(
      process.execPath,
      [
        '--expose-gc',
        ...SMALL_HEAP,
        '--import',
        at('simulators/bluetooth/register.js'),
        at(relative('.', CHILD).replace(/ts$/, 'js')),
        configPath,
        String(HOURS),
        String(seed),
      ],
      {
        cwd: join(dir, 'dist'),
        env: { ...process.env, MALLOC_ARENA_MAX: '2' },
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      },
    )
    child.on('message', () => proxy.cut())
    const hours: Hour[] = []
    if (child.stdout === null) throw new Error('the hub has no output')
    createInterface({ input: child.stdout }).on('line', (line) => {
      hours.push(JSON.parse(line))
      onProgress(line)
    })
    await new Promise((done) => child.once('close', done))
    const secs = (performance.now() - startedAt) / 1000
    const [, first] = hours
    const last = hours.at(-1)
    if (first === undefined || last === undefined) throw new Error('the hub told nothing')
    return {
      figures: {
        hours: hours.length - 1,
        secs,
        linksLost: last.lostLinks,
        strangersHeard: last.strangersHeard,
        measurements: last.made,
        notReceipted: last.made - last.receipted,
        residentMbHourOne: first.residentMb,
        residentMbEnd: last.residentMb,
        growthMb: last.residentMb - first.residentMb,
        heapGrowthMb: last.heapMb - first.heapMb,
        residentMbPeak: Math.max(...hours.map(({ residentMb }) => residentMb)),
        descriptorsGrowth: last.descriptors - first.descriptors,
        errors: last.errors,
      },
      limits: [
        { figure: 'hours', atLeast: HOURS },
        { figure: 'secs', atMost: WITHIN_S },
        { figure: 'linksLost', atLeast: HOURS * LINKS_LOST_PER_HOUR },
        { figure: 'strangersHeard', atLeast: HOURS * STRANGERS_PER_HOUR },
        { figure: 'notReceipted', atLeast: 0, atMost: 0 },
        { figure: 'growthMb', atMost: GROWTH_MB },
        { figure: 'heapGrowthMb', atMost: HEAP_GROWTH_MB },
        { figure: 'residentMbPeak', atMost: RESIDENT_MB },
        { figure: 'descriptorsGrowth', atLeast: 0, atMost: 0 },
        { figure: 'errors', atMost: 0 },
      ],
      conditions: {
        seed,
        javascript: 'built',
        inTheProcess: 'hub, noble and the simulated radio',
        node: process.version,
      },
    }
  } finally {
    await proxy.close()
    await broker.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}
