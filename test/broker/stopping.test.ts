import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { connect as tlsConnect } from 'node:tls'
import mqtt from 'mqtt'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fleetRegistry } from '../bench/fleet.ts'
import { provision, type Secrets } from '../support/broker-process.ts'
import { freePort } from '../support/free-port.ts'
import { BROKER_MAIN } from '../support/mains.ts'
import { stoppedReader } from '../support/stopped-reader.ts'
import { tempDir } from '../support/temp-dir.ts'

/** What a supervisor, or a parent that died, leaves behind: the broker ends all the same, and in good order. */

const WITHIN_MS = 3_000

interface Place {
  readonly mqttPort: number
  readonly httpPort: number
  readonly tlsPort: number
  readonly enrolPort: number
}

/** @param stdout as `spawn` takes it */
async function aBroker(stdout: 'pipe' | number) {
  const dataDir = tempDir()
  const secrets = await provision(dataDir, fleetRegistry(1, 1))
  const [mqttPort, httpPort, tlsPort, enrolPort] = await Promise.all([freePort(), freePort(), freePort(), freePort()])
  const place: Place = { mqttPort, httpPort, tlsPort, enrolPort }
  const ports = ['--mqtt-port', mqttPort, '--http-port', httpPort, '--tls-port', tlsPort, '--enrol-port', enrolPort]
  const args = [BROKER_MAIN, 'run', '--data', dataDir, ...ports.map(String)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', stdout, 'ignore'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, dataDir, secrets, place }
}

/** Until the HTTP port answers; the test's own time limit ends it. */
async function upAt(port: number): Promise<void> {
  while (
    !(await fetch(`http://127.0.0.1:${port}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** A client of each kind that holds a connection open and never ends it by itself. */
async function clients({ mqttPort, httpPort, tlsPort, enrolPort }: Place, { hubs }: Secrets) {
  const [[account, password] = ['', '']] = Object.entries(hubs)
  const hub = await mqtt.connectAsync(`mqtt://127.0.0.1:${mqttPort}`, {
    ...{ clientId: account, username: account, password, reconnectPeriod: 0 },
  })
  hub.on('error', () => undefined)
  const agent = new Agent({ keepAlive: true })
  await new Promise<void>((resolve, reject) => {
    get({ host: '127.0.0.1', port: httpPort, path: '/healthz', agent }, (answer) => {
      answer.resume().once('end', resolve)
    }).once('error', reject)
  })
  const idle = (port: number): Socket => connect(port, '127.0.0.1')
  const unfinished = idle(httpPort)
  unfinished.write('GET /healthz HTTP/1.1\r\nHost: x\r\n')
  const secured = tlsConnect({ host: '127.0.0.1', port: enrolPort, rejectUnauthorized: false })
  const sockets = [unfinished, secured, ...[mqttPort, tlsPort, enrolPort].map(idle)]
  for (const socket of sockets) socket.on('error', () => undefined)
  await Promise.all(sockets.map((socket) => once(socket, socket === secured ? 'secureConnect' : 'connect')))
  onTestFinished(() => {
    hub.end(true)
    agent.destroy()
    for (const socket of sockets) socket.destroy()
  })
}

async function stopped(child: ChildProcess) {
  const ended = once(child, 'exit')
  const since = performance.now()
  child.kill('SIGTERM')
  const [code] = await ended
  return { code, ms: performance.now() - since }
}

const journalIsClosed = (dataDir: string): boolean => !existsSync(join(dataDir, 'journal.db-wal'))

describe('a broker that is told to stop', { timeout: 60_000 }, () => {
  it('ends in good order while clients of every kind hold on to their connections', async () => {
    const { child, dataDir, secrets, place } = await aBroker('pipe')
    const said: string[] = []
    if (child.stdout === null) throw new Error('no stdout')
    createInterface({ input: child.stdout }).on('line', (line) => said.push(line))
    await upAt(place.httpPort)
    await clients(place, secrets)
    const closed = once(child, 'close')
    const { code, ms } = await stopped(child)
    await closed
    expect([code, journalIsClosed(dataDir)]).toEqual([0, true])
    expect(ms).toBeLessThan(WITHIN_MS)
    expect(said.at(-1)).toContain('"event":"stopped"')
  })

  it('ends the same when nobody reads its log any more', async () => {
    const { child, dataDir, secrets, place } = await aBroker('pipe')
    await upAt(place.httpPort)
    child.stdout?.destroy()
    await clients(place, secrets)
    const { code, ms } = await stopped(child)
    expect([code, journalIsClosed(dataDir)]).toEqual([0, true])
    expect(ms).toBeLessThan(WITHIN_MS)
  })

  it('serves on and ends the same when the reader of its log has stopped and the pipe is full', async () => {
    const log = stoppedReader()
    const { child, dataDir, secrets, place } = await aBroker(log.stdout)
    closeSync(log.stdout)
    await upAt(place.httpPort)
    log.fill()
    // Connecting is a line of the log.
    await clients(place, secrets)
    expect((await fetch(`http://127.0.0.1:${place.httpPort}/healthz`)).status).toBe(200)
    const { code, ms } = await stopped(child)
    expect([code, journalIsClosed(dataDir)]).toEqual([0, true])
    expect(ms).toBeLessThan(WITHIN_MS)
  })
})
