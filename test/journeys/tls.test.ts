import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createServer } from 'node:tls'
import { expect, it, onTestFinished } from 'vitest'
import { inviteHub, type RunningBroker, startBroker } from '../support/broker-process.ts'
import { fakeTime, hasFakeTime } from '../support/fake-time.ts'
import { freePort } from '../support/free-port.ts'
import { HUB_MAIN } from '../support/mains.ts'
import { optional } from '../support/optional.ts'
import { tempDir } from '../support/temp-dir.ts'

/** Hub and broker as processes over TLS, each with a wall clock of its own. */

const HUB = 'hub-0001'
const SERIAL = 'sn-1234'

interface HubProcess {
  /** Resolves with the first line of this event. */
  said(event: string): Promise<{ readonly code?: string; readonly reason?: string }>
  readonly events: string[]
  stop(): Promise<void>
}

function startHub(config: string, env: Record<string, string>): HubProcess {
  const child: ChildProcess = spawn(process.execPath, [HUB_MAIN, 'run', '--config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  const ended = once(child, 'close')
  const lines: { event: string; code?: string; reason?: string }[] = []
  const waiting = new Set<() => void>()
  if (child.stdout === null) throw new Error('no stdout')
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(JSON.parse(line))
    for (const look of waiting) look()
  })
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
  }
  onTestFinished(stop)
  return {
    said: (event) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find((line) => line.event === event)
          if (found === undefined) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
        void ended.then(() => reject(new Error(`the hub ended: ${JSON.stringify(lines)}`)))
      }),
    get events() {
      return lines.map(({ event }) => event)
    },
    stop,
  }
}

interface Stage {
  /** The broker, at the same ports each time. */
  broker(env?: Record<string, string>): Promise<RunningBroker>
  enrol(env?: Record<string, string>): { readonly status: number | null; readonly stderr: string }
  hub(env?: Record<string, string>): HubProcess
  readonly tlsPort: number
}

async function stage(): Promise<Stage> {
  const dataDir = tempDir()
  const [tlsPort, enrolPort] = [await freePort(), await freePort()]
  const config = join(tempDir(), 'hub.json')
  const broker = { url: `mqtts://localhost:${tlsPort}` }
  writeFileSync(config, JSON.stringify({ hub: HUB, dataDir: 'data', broker, bluetooth: { enabled: false } }))
  let running: RunningBroker | undefined
  return {
    tlsPort,
    async broker(env = {}) {
      await running?.stop(true)
      running = await startBroker(dataDir, { tlsPort, enrolPort, env })
      const { stop } = running
      onTestFinished(() => stop(true))
      return running
    },
    enrol(env = {}) {
      const { invitation } = inviteHub(dataDir, HUB, SERIAL, `https://localhost:${enrolPort}`)
      const args = [HUB_MAIN, 'enrol', '--config', config, '--code', invitation, '--serial', SERIAL]
      return spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, ...env } })
    },
    hub: (env = {}) => startHub(config, env),
  }
}

const PATIENCE = { timeout: 90_000 }
const IN_1970 = fakeTime('@1970-01-02 00:00:00')

optional('libfaketime', hasFakeTime)('over TLS, with clocks that disagree', () => {
  it('fault 14: a hub that boots in 1970 enrols, and connects; two months back it connects too', PATIENCE, async () => {
    const { broker, enrol, hub } = await stage()
    await broker()
    expect(enrol(IN_1970)).toMatchObject({ status: 0, stderr: '' })
    const young = hub(IN_1970)
    await young.said('uplink-online')
    await young.stop()
    const back = hub(fakeTime('-60d'))
    await back.said('uplink-online')
    expect(back.events).not.toContain('server-untrusted')
  })

  it(
    'fault 12: a hub in 1970 is not fooled by another server under the right name, and tells it nothing',
    PATIENCE,
    async () => {
      const { broker, enrol, hub, tlsPort } = await stage()
      const real = await broker()
      expect(enrol()).toMatchObject({ status: 0 })
      await real.stop(true)
      // Another broker's authority, as a rogue would make one for itself.
      const other = tempDir()
      const rogueBroker = await startBroker(other, { tlsPort: 0 })
      await rogueBroker.stop(true)
      const read = (name: string) => readFileSync(join(other, 'identity', name), 'utf8')
      let heard = 0
      const rogue = createServer({
        key: read('server.key'),
        cert: read('server.crt'),
        requestCert: true,
        rejectUnauthorized: false,
      })
      rogue.on('tlsClientError', () => undefined)
      rogue.on('secureConnection', (socket) => {
        socket.on('error', () => undefined)
        socket.on('data', (chunk) => {
          heard += chunk.length
        })
      })
      rogue.listen(tlsPort, '127.0.0.1')
      await once(rogue, 'listening')
      onTestFinished(() => void rogue.close())
      for (const env of [IN_1970, {}]) {
        const running = hub(env)
        expect(await running.said('server-untrusted')).toMatchObject({ code: 'server-untrusted' })
        await running.stop()
      }
      expect(heard).toBe(0)
    },
  )

  it(
    'fault 13: a server certificate that has ended is refused; when it is renewed the hub comes back',
    PATIENCE,
    async () => {
      const { broker, enrol, hub } = await stage()
      await broker()
      expect(enrol()).toMatchObject({ status: 0 })
      // The hub's own has ended as well by then.
      const late = fakeTime('+100d')
      const ahead = hub(late)
      expect(await ahead.said('server-untrusted')).toMatchObject({
        reason: expect.stringContaining('CERT_HAS_EXPIRED'),
      })
      await ahead.stop()
      await broker(late)
      const renewed = hub(late)
      await renewed.said('certificate-renewed')
      await renewed.said('uplink-online')
      await renewed.stop()
      // Half a year and more in a cupboard: nothing but a technician helps.
      const later = fakeTime('+400d')
      await broker(later)
      const refused = hub(later)
      expect(await refused.said('certificate-not-renewed')).toMatchObject({ code: 'certificate-ended' })
      expect(refused.events).not.toContain('uplink-online')
    },
  )
})
