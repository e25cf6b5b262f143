import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import mqtt from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { openBroker } from '../../broker/broker.ts'
import { systemClock } from '../../broker/broker-clock.ts'
import { parseConfig } from '../../broker/config.ts'
import type { Log } from '../../broker/log.ts'
import { provision } from '../../broker/provision.ts'
import { revoke } from '../../broker/rights/commands.ts'
import { createToken } from '../../broker/rights/tokens.ts'
import { CHEAP } from '../support/cheap-passwords.ts'
import { tempDir } from '../support/temp-dir.ts'
import { message, pressure, reading } from './core-fixture.ts'

/**
 * A person whose name and number somebody types, by mistake, wherever text can be entered. They may stay in the fields
 * that are made for them; they must never come out on a topic, in a log, a URL, a metric, an answer or the audit.
 */

const NAME = 'Ragnhild Unmistakable'
const CPR = '010203-1234'
const BARE = CPR.replace('-', '')
const FROM = '2026-01-01T00:00:00Z'
/** This person in any way of writing, and any CPR number that stands by itself: hashes are not broken into digits. */
const PERSON =
  /Ragnhild|Unmistak|010203-?1234|(?<![0-9A-Za-z])(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])\d{2}-?\d{4}(?![0-9A-Za-z])/i

const now = () => new Date(Date.now() - 1_000).toISOString()
const soundReading = (name: string, more = {}) =>
  reading(name, { measuredAt: now(), receivedAt: now(), values: pressure(170), ...more })

const document = {
  organisations: [{ id: 'clinic', title: `Clinic of ${NAME} ${CPR}` }],
  citizens: [{ id: 'citizen-1' }],
  hubs: [{ id: 'hub-0001' }],
  devices: [{ id: 'cuff-0001', hub: 'hub-0001', driver: 'blood-pressure-service' }],
  assignments: [{ device: 'cuff-0001', citizen: 'citizen-1', from: FROM }],
  grants: [{ organisation: 'clinic', citizen: 'citizen-1', from: FROM, purpose: 'treatment' }],
  limits: [
    {
      citizen: 'citizen-1',
      quantity: 'systolic',
      alertHigh: 160,
      from: FROM,
      author: NAME,
      reason: `${NAME} ${CPR} is ill`,
    },
  ],
  clients: [{ id: 'reader', organisation: 'clinic' }],
  users: [{ id: 'nurse-0001', organisation: 'clinic', role: 'nurse', displayName: NAME }],
}

/** Documents that are refused: what is said about them is captured too. */
const WRONG: readonly unknown[] = [
  { citizens: [{ id: BARE }] },
  { citizens: [{ id: CPR }] },
  { citizens: [{ id: NAME }] },
  { devices: [{ id: `scale-${BARE}`, hub: 'hub-0001', driver: NAME }] },
  { grants: [{ ...document.grants[0], purpose: `because ${NAME}` }] },
  { grants: [{ ...document.grants[0], citizen: BARE }] },
  { limits: [{ ...document.limits[0], quantity: NAME, alertHigh: CPR }] },
  { users: [{ ...document.users[0], id: BARE, role: NAME }] },
  { [NAME]: [], [BARE]: 1 },
  { organisations: [{ id: 'clinic', title: 'x', [BARE]: NAME }] },
]

/** Changes over HTTP that are refused. */
const WRONG_CHANGES: readonly [method: string, path: string, body: unknown][] = [
  ['POST', `/v1/citizens/citizen-1/alerts/${BARE}/acknowledge`, { action: NAME }],
  ['POST', '/v1/citizens/citizen-1/alerts/x/close', { reason: NAME, [NAME]: BARE }],
  ['POST', '/v1/citizens/citizen-1/pauses', { reason: NAME, to: BARE, [BARE]: 1 }],
  ['DELETE', `/v1/citizens/citizen-1/pauses/${BARE}`, {}],
  ['POST', `/v1/citizens/citizen-1/limits/${BARE}/dry-run`, { limits: { alertHigh: 160 }, weeks: 4, [NAME]: 1 }],
  ['POST', '/v1/citizens/citizen-1/limits/systolic/dry-run', { limits: { alertHigh: CPR, [NAME]: 1 }, weeks: BARE }],
  ['PUT', `/v1/citizens/citizen-1/plans/${BARE}`, { phases: [{ [NAME]: NAME }], reason: NAME, timeZone: NAME }],
  ['POST', '/v1/citizens/citizen-1/readings', { kind: NAME, values: { [NAME]: 1, [BARE]: CPR }, measuredAt: CPR }],
  ['POST', '/v1/citizens/citizen-1/readings', { kind: 'weight', values: { [BARE]: 80 }, measuredAt: now() }],
  ['POST', '/v1/citizens/citizen-1/notes', { text: '', [NAME]: CPR }],
  ['POST', '/v1/handovers', { text: NAME, citizens: [{ citizen: BARE, text: NAME }] }],
]

/** Texts for colleagues. */
const TEXTS: readonly [method: string, path: string, body: unknown][] = [
  ['POST', '/v1/citizens/citizen-1/notes', { text: `${NAME} ${CPR} is ill` }],
  [
    'POST',
    '/v1/handovers',
    { text: `look after ${NAME}`, citizens: [{ citizen: 'citizen-1', text: `${NAME} ${CPR}` }] },
  ],
  [
    'PUT',
    '/v1/citizens/citizen-1/plans/blood-pressure',
    {
      phases: [{ schedule: { type: 'daily' }, windows: [{ from: '08:00', to: '10:00' }] }],
      reason: `${NAME} ${CPR} asked for it`,
    },
  ],
]

test('a name and a CPR number, typed wherever text can be typed, come out nowhere', { timeout: 30_000 }, async () => {
  const said: string[] = []
  const say = (where: string, what: unknown) =>
    said.push(`${where}: ${typeof what === 'string' ? what : JSON.stringify(what)}`)
  const line = (event: string, fields?: unknown) => say('log', { event, fields })
  const log: Log = { debug: line, info: line, warn: line, error: line }
  const dataDir = tempDir()
  const file = join(dataDir, 'registry.json')

  // The command line, right and wrong.
  writeFileSync(file, JSON.stringify(document))
  const { passwords } = await provision(dataDir, file, systemClock, { dryRun: false, passwordCost: CHEAP })
  for (const wrong of [...WRONG.map((value) => JSON.stringify(value)), `{"title": ${NAME} ${CPR}}`]) {
    writeFileSync(file, wrong)
    await provision(dataDir, file, systemClock, { dryRun: false, passwordCost: CHEAP }).then(
      () => expect.fail(`${wrong} was taken`),
      (error: unknown) => say('refused', String(error)),
    )
  }
  writeFileSync(file, '{}')
  await revoke({ data: dataDir, organisation: 'clinic', citizen: BARE }, systemClock)

  const broker = await openBroker(parseConfig({ dataDir, mqtt: { port: 0 }, http: { port: 0 } }), systemClock, log)
  onTestFinished(() => broker.close())
  const connect = async (id: string, password: string, clientId = id, more = {}) => {
    const client = await mqtt.connectAsync(broker.mqttUrl, {
      clientId,
      username: id,
      password,
      reconnectPeriod: 0,
      ...more,
    })
    client.on('error', () => undefined)
    onTestFinished(() => void client.end(true))
    return client
  }
  const wrongConnect = (id: string, password: string, clientId = id, more = {}) =>
    connect(id, password, clientId, more).then(
      () => expect.fail('was let in'),
      () => undefined,
    )

  // Connecting, right and wrong.
  await wrongConnect(NAME, CPR)
  await wrongConnect(BARE, 'x')
  await wrongConnect('reader', passwords.clients['reader'] ?? '', `reader:${NAME}`)
  await wrongConnect('hub-0001', passwords.hubs['hub-0001'] ?? '', BARE)
  const hubPassword = passwords.hubs['hub-0001'] ?? ''
  await wrongConnect('hub-0001', hubPassword, 'hub-0001', { will: { topic: `v1/hubs/${BARE}/state`, payload: NAME } })
  const clinic = await connect('reader', passwords.clients['reader'] ?? '', `reader:x-${BARE}`)
  const heard = new Map<string, () => void>()
  clinic.on('message', (topic, payload) => {
    say('topic', `${topic} ${payload}`)
    heard.get(topic.split('/')[3] ?? '')?.()
  })
  const arrived = (channel: string) => new Promise<void>((resolve) => heard.set(channel, resolve))
  await clinic.subscribeAsync(['v1/orgs/clinic/#', 'v1/heartbeat'], { qos: 1 })
  for (const filter of [`v1/orgs/${BARE}/#`, `${NAME}/#`]) {
    await clinic.subscribeAsync(filter).catch((error: unknown) => say('refused', String(error)))
  }

  // What a hub sends, right and wrong.
  const hub = await connect('hub-0001', hubPassword)
  const publish = (channel: string, payload: string | Buffer) =>
    hub.publishAsync(`v1/hubs/hub-0001/${channel}`, payload, { qos: 1, retain: channel.startsWith('devices') })
  const [readings, alerts] = [arrived('readings'), arrived('alerts')]
  const base = soundReading('sound')
  await publish('readings', message(1, [base]))
  await publish('readings', message(2, [{ ...base, id: NAME }]))
  await publish('readings', message(3, [{ ...base, values: { [NAME]: { value: 1 }, [BARE]: 2 } }]))
  await publish(
    'readings',
    message(4, [
      { ...base, [BARE]: NAME, device: BARE },
      { ...base, driver: NAME },
    ]),
  )
  await publish('readings', `{"epoch": "${NAME} ${CPR}"`)
  await publish('state', NAME)
  await publish('health', JSON.stringify({ version: NAME, bootId: CPR, [BARE]: NAME }))
  await publish('devices/cuff-0001', JSON.stringify({ driver: 'x-y', model: `${NAME}'s cuff`, problem: CPR }))
  await Promise.all([readings, alerts])
  const cut = await connect('hub-0001', hubPassword)
  const closed = new Promise<void>((resolve) => cut.once('close', () => resolve()))
  cut.publish(`v1/hubs/${BARE}/readings`, NAME, { qos: 1 })
  await closed

  // HTTP, right and wrong.
  const database = new DatabaseSync(join(dataDir, 'journal.db'))
  onTestFinished(() => database.close())
  const nurse = createToken(database, 'nurse-0001', 1, Date.now()).token
  const basic = (id: string, password: string) => `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`
  const reader = basic('reader', passwords.clients['reader'] ?? '')
  const sent = (token: string) => ({ authorization: `Bearer ${token}`, 'content-type': 'application/json' })
  const asked: readonly [path: string, init?: RequestInit][] = [
    ['/metrics'],
    [`/${encodeURIComponent(NAME)}?cpr=${BARE}`],
    [`/v1/readings?since=${BARE}x`, { headers: { authorization: reader } }],
    [`/v1/readings?${BARE}=1`, { headers: { authorization: reader } }],
    ['/v1/readings', { headers: { authorization: basic(NAME, CPR) } }],
    [
      '/v1/readings',
      { headers: { authorization: `Bearer ${BARE}`, 'user-agent': NAME, referer: `https://x/${BARE}` } },
    ],
    ['/v1/readings', { headers: { authorization: reader } }],
    [`/v1/citizens/${BARE}/readings`, { headers: { authorization: `Bearer ${nurse}` } }],
    [`/v1/citizens/${CPR}/readings?name=${NAME}`, { headers: { authorization: `Bearer ${nurse}` } }],
    ['/v1/citizens/citizen-1/readings', { headers: { authorization: `Bearer ${nurse}` } }],
    ...WRONG_CHANGES.map(([method, path, body]): [string, RequestInit] => [
      path,
      { method, body: JSON.stringify(body), headers: { ...sent(nurse), 'if-match': `"${BARE}"` } },
    ]),
    [`/v1/${BARE}`, { method: 'POST', body: JSON.stringify({ NAME }), headers: { origin: `https://${BARE}` } }],
  ]
  for (const [path, init] of asked) {
    const answer = await fetch(`${broker.httpUrl}${path}`, init)
    say(`http ${answer.status}`, `${await answer.text()} ${JSON.stringify([...answer.headers])}`)
  }
  // Where people may write to one another it comes back to them, and nowhere else.
  for (const [method, path, change] of TEXTS) {
    const seen = await fetch(`${broker.httpUrl}/v1/citizens/citizen-1/plans`, { headers: sent(nurse) })
    const body = JSON.stringify(change)
    const headers = { ...sent(nurse), 'if-match': seen.headers.get('etag') ?? '' }
    const answer = await fetch(`${broker.httpUrl}${path}`, { method, body, headers })
    expect([path, answer.status]).toEqual([path, 200])
    expect(await answer.text()).toContain(NAME)
    say('http 200', JSON.stringify([...answer.headers]))
  }
  say('metrics', await (await fetch(`${broker.httpUrl}/metrics`)).text())
  await broker.close()

  say('audit', database.prepare('SELECT * FROM audit').all())
  for (const name of readdirSync(dataDir)) {
    if (statSync(join(dataDir, name)).isFile() && !/journal|registry/.test(name)) {
      say(name, readFileSync(join(dataDir, name), 'utf8'))
    }
  }

  // Timestamps of headers, ports, ages and sizes are numbers of ours; ids and words are what is searched.
  const found = said.filter((text) => PERSON.test(text))
  expect(found).toEqual([])
  // Everything was tried: the search is not over silence.
  const kinds = new Set(said.map((text) => text.split(':')[0]))
  for (const kind of ['log', 'refused', 'topic', 'http 200', 'http 400', 'http 401', 'http 404', 'audit'])
    expect([kind, kinds.has(kind)]).toEqual([kind, true])
  // And it is where it belongs.
  expect(database.prepare('SELECT display_name FROM users').get()).toEqual({ display_name: NAME })
})

test('the search finds a person when there is one', () => {
  for (const text of [`x ${CPR} y`, `v1/orgs/${BARE}/x`, 'ragnhild', '"311299-4321"']) expect(text).toMatch(PERSON)
  for (const text of ['citizen-1', '2026-03-01T12:00:00.000Z', '127.0.0.1:48213']) expect(text).not.toMatch(PERSON)
})
