import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { provision, type Registry, type RunningBroker, startBroker } from './broker-process.ts'
import { BROKER_MAIN } from './mains.ts'
import { startVictim, type Victim } from './victim.ts'

/** The real broker, the real watching process beside it, and somebody who is told. */

const SECRET = 'a secret of at least thirty-two characters'

/** When the watcher said what: 'late', 'well' or 'beat', by the monotonic clock of this process. */
export interface Heard {
  readonly at: number
  readonly what: 'late' | 'well' | 'beat'
  readonly key: string
  readonly text: string
}

export interface WatchedBroker {
  readonly heard: Heard[]
  readonly watcher: Victim
  broker: RunningBroker
  /** SIGTERM, and up again on the same ports with the same journal. */
  restart(): Promise<void>
  /** Another registry on top of what holds. */
  provision(registry: object): Promise<void>
  /** Resolves with the first word of this kind after a moment, now unless said; the test's time limit ends the wait. */
  next(what: Heard['what'], after?: number): Promise<Heard>
  close(): Promise<void>
}

export async function startWatchedBroker(
  dir: string,
  pace: { readonly everyS: number; readonly silentS: number },
  registry: object = {},
): Promise<WatchedBroker> {
  const heard: Heard[] = []
  const waiting = new Set<() => void>()
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const { key, purpose, text: words } = JSON.parse(text)
    const what = request.url === '/beat' ? 'beat' : purpose === 'alert' ? 'late' : 'well'
    heard.push({ at: performance.now(), what, key, text: words })
    response.writeHead(202).end()
    for (const look of waiting) look()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const selfTest: Registry = JSON.parse(readFileSync('broker/watch/self-test.json', 'utf8'))
  const secrets = await provision(dir, { ...selfTest, ...registry })
  let broker = await startBroker(dir)
  const secret = { env: 'PRECARE_WATCH_SECRET' }
  const config = join(dir, 'watch.json')
  writeFileSync(
    config,
    JSON.stringify({
      broker: { url: broker.mqttUrl },
      hub: { account: 'self-test-hub', password: { env: 'PRECARE_WATCH_HUB' } },
      client: { account: 'self-test-watch', password: { env: 'PRECARE_WATCH_CLIENT' } },
      ...pace,
      language: 'en',
      tell: [
        {
          person: 'support',
          address: '+45 1',
          channel: { id: 'sms-gate', type: 'webhook', url: `${url}/tell`, secret },
        },
      ],
      beat: { id: 'beat', type: 'webhook', url: `${url}/beat`, secret },
    }),
  )
  const env = {
    PRECARE_WATCH_SECRET: SECRET,
    PRECARE_WATCH_HUB: secrets.hubs['self-test-hub'] ?? '',
    PRECARE_WATCH_CLIENT: secrets.clients['self-test-watch'] ?? '',
  }
  const watcher = startVictim([process.execPath, BROKER_MAIN, 'watch', '--config', config], env)
  return {
    heard,
    watcher,
    get broker() {
      return broker
    },
    async restart() {
      const [mqttPort, httpPort] = [broker.mqttUrl, broker.httpUrl].map((address) => Number(new URL(address).port))
      await broker.stop()
      broker = await startBroker(dir, { mqttPort: mqttPort ?? 0, httpPort: httpPort ?? 0 })
    },
    async provision(more) {
      await provision(dir, { ...selfTest, ...more })
    },
    next(what, after = performance.now()) {
      return new Promise((resolve) => {
        const look = () => {
          const found = heard.find((one) => one.what === what && one.at >= after)
          if (found === undefined) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      })
    },
    async close() {
      await watcher.kill()
      broker.process.kill('SIGCONT')
      await broker.stop(true)
      server.closeAllConnections()
      server.close()
    },
  }
}
