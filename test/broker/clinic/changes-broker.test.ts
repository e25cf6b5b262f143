import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { openBroker } from '../../../broker/broker.ts'
import { systemClock } from '../../../broker/broker-clock.ts'
import { parseConfig } from '../../../broker/config.ts'
import { journalPath, provision } from '../../../broker/provision.ts'
import { createToken } from '../../../broker/rights/tokens.ts'
import { openJournal } from '../../../broker/store/journal.ts'
import { CHEAP } from '../../support/cheap-passwords.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { DOCUMENT, message, pressure, reading } from '../core-fixture.ts'

/** The whole broker, in which nothing looks by the clock: its sleep never ends. */

const silent = () => undefined
const log = { debug: silent, info: silent, warn: silent, error: silent }
const clock = {
  ...systemClock,
  sleep: (_ms: number, signal: AbortSignal) =>
    new Promise<void>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
}

test('a page hears of an alert by the commit that stored it, and a broker that stops does not wait for the page', async () => {
  const dataDir = tempDir()
  const file = join(dataDir, 'registry.json')
  const users = [{ id: 'nurse-0001', organisation: 'clinic', role: 'nurse', displayName: 'Karen' }]
  writeFileSync(file, JSON.stringify({ ...DOCUMENT, users }))
  const { passwords } = await provision(dataDir, file, systemClock, { dryRun: false, passwordCost: CHEAP })
  const journal = openJournal(journalPath(dataDir))
  const { token } = createToken(journal.database, 'nurse-0001', 1, Date.now())
  journal.close()
  const broker = await openBroker(parseConfig({ dataDir, mqtt: { port: 0 }, http: { port: 0 } }), clock, log)
  onTestFinished(() => broker.close())
  const answer = await fetch(`${broker.httpUrl}/v1/changes`, { headers: { authorization: `Bearer ${token}` } })
  expect(answer.status).toBe(200)
  const lines = (answer.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader()
  expect((await lines.read()).value).toContain('retry')
  const password = passwords.hubs['hub-0001'] ?? ''
  const hub = await mqtt.connectAsync(broker.mqttUrl, { clientId: 'hub-0001', username: 'hub-0001', password })
  onTestFinished(() => void hub.end(true))
  const measuredAt = new Date(Date.now() - 1_000).toISOString()
  const low = reading('a', { values: pressure(171), measuredAt, receivedAt: measuredAt })
  await hub.publishAsync('v1/hubs/hub-0001/readings', message(1, [low]), { qos: 1 })
  expect((await lines.read()).value).toMatch(/^id: 1\nevent: alert\ndata: \{.*"level":"red"/)
  await broker.close()
  await expect(lines.read()).rejects.toThrow()
})
