import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import mqtt from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { openBroker } from '../../../broker/broker.ts'
import { systemClock } from '../../../broker/broker-clock.ts'
import { parseConfig } from '../../../broker/config.ts'
import type { AlertMessage } from '../../../broker/contract/alert.ts'
import { provision } from '../../../broker/provision.ts'
import { createToken } from '../../../broker/rights/tokens.ts'
import { CHEAP } from '../../support/cheap-passwords.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { DOCUMENT, message, pressure, reading } from '../core-fixture.ts'

/** The broker as one piece: a hub over MQTT, people over HTTP, a subscriber who hears what follows. */

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const now = () => new Date().toISOString()

async function openTheBroker() {
  const dataDir = tempDir()
  const file = join(dataDir, 'registry.json')
  const users = (['nurse', 'physician'] as const).map((role) => {
    return { id: `${role}-0001`, organisation: 'clinic', role, displayName: 'Karen' }
  })
  writeFileSync(file, JSON.stringify({ ...DOCUMENT, clients: [{ id: 'reader', organisation: 'clinic' }], users }))
  const { passwords } = await provision(dataDir, file, systemClock, { dryRun: false, passwordCost: CHEAP })
  const config = parseConfig({ dataDir, mqtt: { port: 0 }, http: { port: 0 } })
  const broker = await openBroker(config, systemClock, silent)
  onTestFinished(() => broker.close())
  const database = new DatabaseSync(join(dataDir, 'journal.db'))
  const tokens = Object.fromEntries(users.map(({ id }) => [id, createToken(database, id, 1, Date.now()).token]))
  database.close()
  const connect = async (id: string, password = '') => {
    const client = await mqtt.connectAsync(broker.mqttUrl, { clientId: id, username: id, password })
    onTestFinished(() => void client.end(true))
    return client
  }
  const subscriber = await connect('reader', passwords.clients['reader'])
  const heard: { topic: string; text: string }[] = []
  const waiting = new Set<() => void>()
  subscriber.on('message', (topic, payload) => {
    heard.push({ topic, text: payload.toString() })
    for (const look of waiting) look()
  })
  await subscriber.subscribeAsync('v1/orgs/clinic/#', { qos: 1 })
  const hub = await connect('hub-0001', passwords.hubs['hub-0001'])
  let sequence = 0
  return {
    heard,
    alerts: () =>
      heard
        .filter(({ topic, text }) => topic.includes('/alerts/') && text !== '')
        .map(({ text }) => JSON.parse(text) as AlertMessage),
    /** The test's own deadline bounds it. */
    until: (condition: () => boolean) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!condition()) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
    async measure(systolic: number) {
      sequence += 1
      const at = now()
      const made = reading(`${sequence}`, { values: pressure(systolic), measuredAt: at, receivedAt: at })
      await hub.publishAsync('v1/hubs/hub-0001/readings', message(sequence, [made]), { qos: 1 })
    },
    async ask(who: string, method: string, path: string, body?: unknown, match?: string) {
      const answer = await fetch(`${broker.httpUrl}/v1/citizens/citizen-1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${tokens[who]}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(match === undefined ? {} : { 'if-match': match }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: answer.status, etag: answer.headers.get('etag') ?? '', said: await answer.json() }
    },
  }
}

const readings = (heard: readonly { topic: string; text: string }[]) =>
  heard.filter(({ topic }) => topic.includes('/readings/'))

test('a limit set over HTTP raises the next alert, and what a nurse does about it reaches subscribers', async () => {
  const { ask, measure, until, alerts, heard } = await openTheBroker()
  await measure(130)
  await until(() => readings(heard).length === 1)
  expect(alerts()).toEqual([])

  const { etag } = await ask('physician-0001', 'GET', '/limits')
  const limits = { limits: { warningHigh: 125, alertHigh: 150 }, reason: 'lower for her' }
  expect(await ask('physician-0001', 'PUT', '/limits/systolic', limits, etag)).toMatchObject({ status: 200 })
  await measure(130)
  await until(() => alerts().length === 1)
  const [raised] = alerts()
  expect(raised).toMatchObject({ state: 'open', level: 'yellow', evidence: [{ limit: 125 }], revision: 1 })

  const path = `/alerts/${raised?.alert}/acknowledge`
  const done = await ask('nurse-0001', 'POST', path, { action: 'called her' }, '"1"')
  expect(done).toMatchObject({ status: 200, etag: '"2"' })
  await until(() => alerts().some(({ state }) => state === 'acknowledged'))

  const typed = { kind: 'blood-pressure', values: { systolic: 155, diastolic: 90 }, measuredAt: now() }
  expect(await ask('nurse-0001', 'POST', '/readings', typed)).toMatchObject({ status: 200 })
  await until(() => alerts().some(({ level }) => level === 'red'))
  await until(() => readings(heard).some(({ text }) => text.includes('"hub":"typed-by-staff"')))
})
