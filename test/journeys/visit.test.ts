import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { openOutbox } from '../../gateway/outbox.ts'
import { listenH4, VirtualController } from '../../simulators/bluetooth/controller.ts'
import { createBloodPressureCuff } from '../../simulators/devices/blood-pressure-cuff.ts'
import { seededRandom } from '../../simulators/scenario-random.ts'
import { realTime } from '../../simulators/time.ts'
import { inviteHub, startBroker } from '../support/broker-process.ts'
import { BROKER_MAIN, HUB_MAIN } from '../support/mains.ts'
import { manualClock, NOON } from '../support/manual-clock.ts'
import { tempDir } from '../support/temp-dir.ts'
import { draft } from '../support/test-driver.ts'

/** A visit from a blank computer to a home that measures, and back: real processes, TLS, a virtual radio. */

const HUB = 'hub-0001'
const SERIAL = 'sn-1234'
const ADDRESS = 'c0:30:00:00:00:01'
const INSTALLATION = {
  installation: 'inst-0001',
  hub: HUB,
  citizen: 'citizen-0001',
  devices: [{ id: 'cuff-0001', driver: 'blood-pressure-service' }],
}
/** The technician's time is not ours to waste. */
const VISIT_WITHIN_MS = 180_000

const run = (...args: string[]) => spawnSync(process.execPath, args, { encoding: 'utf8' })

interface Answer {
  readonly status: number
  readonly body: {
    readonly blank?: boolean
    readonly error?: { readonly code: string; readonly sentence?: { readonly da: string } }
    readonly steps?: readonly { readonly state: string; readonly trouble?: string; readonly candidates: object[] }[]
    readonly brokerReached?: boolean
    readonly deliveredAt?: string
  }
}

/** As the hub's own command line asks. */
function ask(socketPath: string, path: string, body?: unknown): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const text = body === undefined ? undefined : JSON.stringify(body)
  const headers = { 'x-precare-visit': '1', ...(text !== undefined && { 'content-type': 'application/json' }) }
  const method = path === 'visit' ? 'GET' : 'POST'
  const asking = request({ socketPath, method, path: `/api/${path}`, headers }, async (answer) => {
    const chunks: Buffer[] = []
    for await (const chunk of answer) chunks.push(chunk)
    resolve({ status: answer.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) })
  })
  asking.once('error', reject)
  asking.end(text)
  return promise
}

async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function aRadio(path: string) {
  const controller = new VirtualController({ time: realTime() })
  const radio = await listenH4(controller, path)
  onTestFinished(() => radio.close())
  const time = realTime()
  const around = { time, wallNow: () => time.now(), timeZone: 'Europe/Copenhagen', random: seededRandom(5) }
  const cuff = createBloodPressureCuff({ id: 'cuff', address: ADDRESS }, around)
  cuff.attachTo(controller)
  onTestFinished(() => cuff.close())
  return cuff
}

interface HubProcess {
  readonly child: ChildProcess
  readonly lines: string[]
  stop(): Promise<void>
}

function hubProcess(args: readonly string[], hci: string): HubProcess {
  const whole = ['--import', './simulators/bluetooth/register.ts', HUB_MAIN, ...args]
  const env = { ...process.env, PRECARE_VIRTUAL_HCI: hci }
  const child = spawn(process.execPath, whole, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close')
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line))
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    await ended
  }
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
  })
  return { child, lines, stop }
}

test('a blank computer becomes a hub that measures, with a report that the clinic has, and is taken back', {
  timeout: VISIT_WITHIN_MS,
}, async () => {
  const [clinic, home] = [tempDir(), tempDir()]
  const dataDir = join(home, 'data')
  const radio = join(home, 'hci')
  const cuff = await aRadio(radio)
  const broker = await startBroker(clinic, { tlsPort: 0 })
  onTestFinished(() => broker.stop(true))
  writeFileSync(join(clinic, 'installation.json'), JSON.stringify(INSTALLATION))
  const office = (...args: string[]) => run(BROKER_MAIN, 'installation', ...args, '--data', clinic)
  expect(office('register', join(clinic, 'installation.json'), '--dry-run').status).toBe(0)
  expect(JSON.parse(office('list').stdout)).toEqual([])
  expect(JSON.parse(office('register', join(clinic, 'installation.json')).stdout)).toMatchObject({ revision: 1 })
  const { invitation } = inviteHub(clinic, HUB, SERIAL, broker.enrolUrl)

  const startedAt = performance.now()
  const setup = ['visit', 'setup', '--data', dataDir, '--serial', SERIAL, '--port', '0']
  const hub = hubProcess(setup, radio)
  const socket = join(dataDir, 'visit.sock')
  const post = (path: string, body: unknown = {}) => ask(socket, path, body)
  const code = await until(() => /code (\d{8})/.exec(hub.lines.join('\n'))?.[1])
  expect((await until(() => (existsSync(socket) ? ask(socket, 'visit') : undefined))).body.blank).toBe(true)
  const wrong = await post('enrol', { code: invitation.replace(/#.{4}/, '#AAAA') })
  expect(wrong.body.error).toMatchObject({ code: 'enrolment-refused', sentence: { da: /Koden blev afvist/ } })
  expect((await post('enrol', { code: 'rubbish' })).body.error).toMatchObject({ code: 'config-invalid' })
  expect((await post('enrol', { code: invitation })).status).toBe(200)

  const running = () => ask(socket, 'visit').catch(() => undefined)
  await until(async () => ((await running())?.body.brokerReached === true ? true : undefined))
  expect((await post('refresh')).body.steps).toHaveLength(1)
  const step = async () => (await ask(socket, 'visit')).body.steps?.[0]
  await until(async () => ((await post('steps/cuff-0001/search')).status === 200 ? true : undefined))
  cuff.measure({ systolic: 131, diastolic: 82, pulseRate: 64 })
  await until(async () => ((await step())?.candidates.length === 1 ? true : undefined))
  await post('steps/cuff-0001/choose', { place: { address: ADDRESS } })
  await until(async () => ((await step())?.state === 'measured' ? true : undefined))
  await post('steps/cuff-0001/confirm')
  // The receipt for the test measurement comes first.
  await until(async () => ((await post('finish')).body.deliveredAt === undefined ? undefined : true))
  const tookMs = performance.now() - startedAt
  process.stdout.write(`blank hub to accepted report: ${(tookMs / 1000).toFixed(1)} s\n`)
  expect(tookMs).toBeLessThan(VISIT_WITHIN_MS)

  expect(JSON.parse(office('show', 'inst-0001').stdout)).toMatchObject({ state: 'commissioned' })
  expect(JSON.parse(office('report', 'inst-0001').stdout)).toMatchObject([{ report: { hub: HUB, revision: 1 } }])
  const sheet = join(clinic, 'sheet.html')
  expect(office('report', 'inst-0001', '--html', sheet).status).toBe(0)
  expect(readFileSync(sheet, 'utf8')).toContain('cuff-0001')
  expect(hub.lines.filter((line) => line.startsWith('{')).join('\n')).not.toMatch(
    new RegExp(`${code}|${invitation.slice(-40)}|[:\\[ "]131\\b|PRIVATE|${ADDRESS}`),
  )

  const config = join(dataDir, 'config.json')
  const receipt = join(home, 'receipt.json')
  const wipe = (...more: string[]) => run(HUB_MAIN, 'wipe', '--config', config, '--receipt', receipt, ...more)
  expect(wipe().stderr).toContain('the hub runs')
  await hub.stop()
  expect(JSON.parse(wipe('--dry-run').stdout)).toMatchObject({ hub: HUB })
  expect(existsSync(config)).toBe(true)
  expect(wipe()).toMatchObject({ status: 0, stderr: '' })
  expect(readdirSync(dataDir)).toEqual([])
  const forged = join(home, 'forged.json')
  writeFileSync(forged, readFileSync(receipt, 'utf8').replace(/lost\\":0/, 'lost\\":7'))
  expect(office('end', 'inst-0001', '--receipt', forged)).toMatchObject({ status: 1 })
  expect(JSON.parse(office('show', 'inst-0001').stdout)).toMatchObject({ state: 'commissioned' })
  expect(JSON.parse(office('end', 'inst-0001', '--receipt', receipt).stdout)).toMatchObject({ receipt: { lost: 0 } })
  expect(JSON.parse(office('show', 'inst-0001').stdout)).toMatchObject({ state: 'ended' })
  const certificates = JSON.parse(run(BROKER_MAIN, 'certificates', '--data', clinic).stdout)
  expect(certificates).toMatchObject([{ account: HUB, revoked: 'hub wiped' }])
})

test('a hub with unsent readings is not wiped, until somebody says that they may be lost', {
  timeout: 60_000,
}, async () => {
  const home = tempDir()
  const config = join(home, 'hub.json')
  const broker = { url: 'mqtts://127.0.0.1:1' }
  writeFileSync(config, JSON.stringify({ hub: HUB, dataDir: 'data', broker, bluetooth: { enabled: false } }))
  mkdirSync(join(home, 'data'))
  const receipt = join(home, 'receipt.json')
  const clock = manualClock()
  const { outbox } = openOutbox(join(home, 'data', 'outbox.db'), {
    time: () => ({ zone: 'Europe/Copenhagen', now: NOON, wallAt: clock.wallAt }),
    randomHex: (bytes) => '0'.repeat(bytes * 2),
  })
  await outbox.append({ device: 'scale-0001', drafts: [draft(1)], remember: {} })
  outbox.close()
  const wipe = (...more: string[]) =>
    run(HUB_MAIN, 'wipe', '--config', config, '--receipt', receipt, '--drain-seconds', '1', ...more)
  const refused = wipe()
  expect(refused.stderr).toContain('1 readings are unsent')
  expect([refused.status, existsSync(receipt), existsSync(join(home, 'data', 'outbox.db'))]).toEqual([1, false, true])
  expect(wipe('--lose-unsent').status).toBe(0)
  expect(JSON.parse(JSON.parse(readFileSync(receipt, 'utf8')).text)).toMatchObject({ hub: HUB, lost: 1 })
  expect([existsSync(config), readdirSync(join(home, 'data'))]).toEqual([false, []])
})
