import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as after } from 'node:timers/promises'
import mqtt from 'mqtt'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { feedReadingSchema } from '../../broker/contract/messages.ts'
import type { ReadyFile } from '../../simulators/clinic/subscriber.ts'
import { codeOf, type PeopleFile } from '../../simulators/demo/people.ts'
import { influxdInstalled, startInfluxd } from '../support/influxd.ts'
import { optional } from '../support/optional.ts'
import { listeningAddresses, processesWith } from '../support/processes.ts'
import { tempDir } from '../support/temp-dir.ts'

/** `npm start` as somebody who has just found the project runs it. */

/** What the README promises. */
const SEEN_WITHIN_MS = 30_000
const ENDED_WITHIN_MS = 5_000

/** In a process group of its own, as a terminal starts it; its lines are gathered. */
function npmStart(data: string, flags: readonly string[] = []) {
  const args = ['start', '--', '--data', data, '--mqtt-port', '0', '--http-port', '0', ...flags]
  const child = spawn('npm', args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const ended = once(child, 'close').then(() => child.exitCode)
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', (l) => lines.push(l))
  /** The first line that matches; fails with everything that was said when it does not come in time. */
  const line = async (pattern: RegExp, withinMs: number): Promise<string> => {
    const end = performance.now() + withinMs
    for (;;) {
      const found = lines.find((l) => pattern.test(l))
      if (found !== undefined) return found
      if (performance.now() > end) throw new Error(`no line matches ${pattern} in:\n${lines.join('\n')}`)
      await after(50)
    }
  }
  const ctrlC = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGINT')
    return await ended
  }
  return { lines, line, ctrlC }
}

/** With what `npm run clinic -- sign-in` says. */
async function aNurseSeesIt(data: string, url: string): Promise<void> {
  expect(statSync(join(data, 'people.json')).mode & 0o777).toBe(0o600)
  const { people }: PeopleFile = JSON.parse(readFileSync(join(data, 'people.json'), 'utf8'))
  expect(people.map(({ user }) => user)).toEqual(['nurse-0001', 'physician-0001', 'technician-0001'])
  const [nurse] = people
  if (nurse === undefined) throw new Error('no nurse')
  const { user, password } = nurse
  const session = await fetch(`${url}/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user, password, code: codeOf(nurse, Date.now()) }),
  })
  expect(session.status).toBe(200)
  const cookie = session.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const list = await (await fetch(`${url}/v1/work-list`, { headers: { cookie } })).json()
  expect(list).toMatchObject({ items: [{ standing: 'red' }] })
}

const readReady = (data: string): ReadyFile => JSON.parse(readFileSync(join(data, 'ready.json'), 'utf8'))

describe('npm start', () => {
  const data = mkdtempSync(join(tmpdir(), 'precare-'))
  let demo: ReturnType<typeof npmStart>
  let started = 0
  let password = ''
  let influxUrl = ''
  let stopInfluxd = async () => {}

  beforeAll(async () => {
    if (influxdInstalled) {
      const influxd = await startInfluxd()
      influxUrl = influxd.url
      stopInfluxd = async () => void (await influxd.stop())
    }
    started = performance.now()
    demo = npmStart(data, influxdInstalled ? ['--influx', `${influxUrl}/home`] : [])
  })
  afterAll(async () => {
    await demo.ctrlC()
    await stopInfluxd()
    rmSync(data, { recursive: true, force: true })
  })

  test('shows readings, a receipt, a yellow and then a red alert within 30 s', { timeout: 60_000 }, async () => {
    const left = (): number => SEEN_WITHIN_MS - (performance.now() - started)
    await demo.line(/^ready$/, left())
    await demo.line(/npm run clinic/, left())
    for (const citizen of ['0001', '0002', '0003', '0004'])
      await demo.line(new RegExp(`reading +citizen-${citizen}`), left())
    for (const kind of ['blood-pressure', 'oxygen-saturation', 'weight', 'temperature', 'heart-rate']) {
      await demo.line(new RegExp(`reading .* ${kind}`), left())
    }
    await demo.line(/receipt +hub-\d+ +readings? \d+/, left())
    await demo.line(/ALERT .*RED/, left())
    const yellow = demo.lines.findIndex((l) => /ALERT .*YELLOW/.test(l))
    expect(yellow).toBeGreaterThan(-1)
    expect(yellow).toBeLessThan(demo.lines.findIndex((l) => /ALERT .*RED/.test(l)))
  })

  test('says in a file for its owner alone where a system and a nurse come in', async () => {
    const ready = readReady(data)
    expect(Object.keys(ready).sort()).toEqual(['httpUrl', 'mqttUrl', 'password', 'topicRoot', 'username'])
    expect(statSync(join(data, 'ready.json')).mode & 0o777).toBe(0o600)
    await aNurseSeesIt(data, ready.httpUrl)
    const { username, topicRoot } = ready
    password = ready.password
    const client = await mqtt.connectAsync(ready.mqttUrl, { clientId: `${username}:test`, username, password })
    const heard = new Promise<Buffer>((resolve) => client.once('message', (_topic, payload) => resolve(payload)))
    await client.subscribeAsync(`${topicRoot}/readings/#`, { qos: 1 })
    const payload = await heard
    expect(feedReadingSchema.parse(JSON.parse(payload.toString())).cursor).toBeGreaterThan(0)
    await client.endAsync()
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    const page = await fetch(`${ready.httpUrl}/v1/readings?since=0&limit=5`, { headers: { authorization } })
    expect(page.status).toBe(200)
    expect(((await page.json()) as { items: unknown[] }).items).toHaveLength(5)
  })

  test('listens on 127.0.0.1 only', () => {
    const processes = processesWith(data)
    expect(processes.length, 'broker, devices, two hubs and the launcher').toBeGreaterThanOrEqual(5)
    const addresses = listeningAddresses(processes)
    expect(addresses.length).toBeGreaterThanOrEqual(4)
    for (const address of addresses) expect(address, 'only 127.0.0.1').toMatch(/^0100007F:/)
  })

  test('has npm run clinic beside it, which prints what it has to say', { timeout: 60_000 }, async () => {
    const clinic = spawn('npm', ['run', '-s', 'clinic', '--', '--data', data], { stdio: ['ignore', 'pipe', 'inherit'] })
    const lines = createInterface({ input: clinic.stdout })
    for await (const text of lines) if (/reading +citizen-\d+/.test(text)) break
    clinic.kill('SIGTERM')
    await once(clinic, 'close')
  })

  test('explains a port that is taken, and leaves no process behind', { timeout: 60_000 }, () => {
    const { port } = new URL(readReady(data).mqttUrl)
    const other = tempDir()
    const run = spawnSync('npm', ['-s', 'start', '--', '--data', other, '--mqtt-port', port, '--http-port', '0'], {
      encoding: 'utf8',
    })
    expect(run.status).toBe(1)
    expect(run.stderr).toContain(port)
    expect(processesWith(other)).toEqual([])
  })

  const hasMosquitto = spawnSync('mosquitto_sub', ['--help']).error === undefined
  optional('mosquitto_sub', hasMosquitto)('and another MQTT client', () => {
    test('mosquitto_sub as the README calls it prints readings', { timeout: 60_000 }, async () => {
      const { mqttUrl, username, password, topicRoot } = readReady(data)
      const { hostname, port } = new URL(mqttUrl)
      const flags = ['-h', hostname, '-p', port, '-i', `${username}:me`, '-u', username, '-P', password]
      const run = spawn('mosquitto_sub', [...flags, '-t', `${topicRoot}/readings/#`, '-v', '-C', '2'])
      let said = ''
      run.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString()
      })
      const [code] = await once(run, 'close')
      expect(code).toBe(0)
      expect(said).toMatch(new RegExp(`^${topicRoot}/readings/citizen-\\d+/[a-z-]+ \\{"cursor":`, 'm'))
    })
  })

  optional('influxd', influxdInstalled)('with a time-series database', () => {
    test('fills it as readings arrive', { timeout: 60_000 }, async () => {
      const query = `${influxUrl}/query?db=home&q=${encodeURIComponent('SHOW SERIES')}`
      const end = performance.now() + SEEN_WITHIN_MS
      let series = ''
      while (!series.includes('citizen-') && performance.now() < end) {
        await after(200)
        series = await (await fetch(query)).text()
      }
      expect(series).toContain('citizen-')
    })
  })

  test('ends every process at Ctrl-C', async () => {
    const pressed = performance.now()
    expect(await demo.ctrlC()).toBe(0)
    expect(performance.now() - pressed).toBeLessThan(ENDED_WITHIN_MS)
    expect(processesWith(data)).toEqual([])
    expect(existsSync(join(data, 'ready.json')), 'a password of a run that is over').toBe(false)
  })

  test('starts again in the same folder, and leaves nothing running when its reader has gone', {
    timeout: 60_000,
  }, async () => {
    const args = ['simulators/demo/main.ts', '--data', data, '--mqtt-port', '0', '--http-port', '0']
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    onTestFinished(() => void child.kill('SIGTERM'))
    const ended = once(child, 'close')
    for await (const text of createInterface({ input: child.stdout })) if (text === 'ready') break
    expect(readReady(data).password, 'made for each run').not.toBe(password)
    // As with npm start | head.
    child.stdout.destroy()
    await ended
    expect(processesWith(data)).toEqual([])
  })
})
