import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openTransitions } from '../../../broker/alerts/transitions.ts'
import type { BrokerClock } from '../../../broker/broker-clock.ts'
import type { AlertMessage } from '../../../broker/contract/alert.ts'
import type { Log } from '../../../broker/log.ts'
import { openChannels } from '../../../broker/notify/channels.ts'
import { applyDocument } from '../../../broker/notify/documents.ts'
import { entitledTo } from '../../../broker/notify/entitled.ts'
import { type Notifier, openNotifier } from '../../../broker/notify/notifier.ts'
import { parseNotifyDocument } from '../../../broker/notify/parse-document.ts'
import { type Journal, openJournal } from '../../../broker/store/journal.ts'
import { tempDir } from '../../support/temp-dir.ts'

/** A notifier with everything real about it but the time: a journal on disk, a provider that answers over HTTP. */

export const SECRET = 'a secret of at least thirty-two characters'
export const ENV = { PRECARE_TEST_SECRET: SECRET }

/** What a provider does with a request; 'hang' never answers, 'drop' cuts the line. */
export type Answer = number | 'hang' | 'drop'

export interface Received {
  readonly key: string
  readonly signature: string
  readonly raw: string
  readonly body: {
    readonly key: string
    readonly purpose: string
    readonly person: string
    readonly address: string
    readonly language: string
    readonly text: string
    readonly count: number
    readonly items: readonly { readonly subject: string; readonly level: string; readonly detail?: string }[]
  }
}

export interface Provider {
  readonly url: string
  readonly received: Received[]
  answer: (received: Received, path: string) => Answer
  /** Keys and whom they went to, in order. */
  said(): string[]
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

export async function startProvider(): Promise<Provider> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const raw = await textOf(request)
    const one: Received = {
      key: String(request.headers['idempotency-key']),
      signature: String(request.headers['precare-signature']),
      raw,
      body: JSON.parse(raw),
    }
    received.push(one)
    const answer = provider.answer(one, request.url ?? '')
    if (answer === 'drop') request.socket.destroy()
    else if (answer !== 'hang') response.writeHead(answer, { location: '/elsewhere' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const provider: Provider = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/messages`,
    received,
    answer: () => 202,
    said: () => received.map(({ body }) => `${body.purpose} ${body.person} ${body.items.map((i) => i.subject)}`),
  }
  return provider
}

/** Wednesday, 13:00 in Copenhagen. */
export const START = Date.UTC(2026, 10, 18, 12, 0, 0)
const MINUTE = 60_000

export function alertMessage(change: Partial<AlertMessage> = {}): AlertMessage {
  const at = new Date(START).toISOString()
  return {
    alert: 'alert-0001',
    citizen: 'citizen-0001',
    category: 'clinical',
    rule: { id: 'spo2', version: 1, title: 'Iltmætning under grænsen' },
    kinds: ['oxygen-saturation'],
    state: 'open',
    level: 'red',
    openedAt: at,
    raisedAt: at,
    updatedAt: at,
    evidence: [{ quantity: 'oxygenSaturation', value: 81.37, unit: '%', limit: 88, bound: 'alertLow', at }],
    readings: [],
    unstable: false,
    revision: 1,
    ...change,
  }
}

const person = (id: string) => ({ id, addresses: { 'sms-gate': `+45 ${id}` } })

/** Red: nurse at once, second after 10 minutes, leader after 20. Yellow: the nurse, grouped for a minute. */
export function documentFor(url: string, change: Record<string, unknown> = {}) {
  return {
    page: 'https://precare.example.org/alerts/{alert}',
    channels: [
      {
        id: 'sms-gate',
        type: 'webhook',
        url,
        secret: { env: 'PRECARE_TEST_SECRET' },
        receiptWithinS: 120,
      },
    ],
    people: ['nurse-1', 'nurse-2', 'leader', 'support'].map(person),
    rotas: [{ id: 'on-call', shifts: [{ from: '00:00', to: '00:00', people: ['nurse-1'] }] }],
    policies: [
      {
        id: 'red-policy',
        organisation: 'clinic-1',
        levels: ['red'],
        categories: ['clinical', 'missing', 'unwatched'],
        steps: [
          { afterMin: 0, to: { rota: 'on-call' }, channels: ['sms-gate'] },
          { afterMin: 10, to: { person: 'nurse-2' }, channels: ['sms-gate'] },
          { afterMin: 20, to: { person: 'leader' }, channels: ['sms-gate'] },
        ],
      },
      {
        id: 'yellow-policy',
        organisation: 'clinic-1',
        levels: ['yellow', 'blue'],
        categories: ['clinical'],
        steps: [{ afterMin: 0, to: { rota: 'on-call' }, channels: ['sms-gate'] }],
      },
    ],
    lastResort: [{ person: 'support', channels: ['sms-gate'] }],
    ...change,
  }
}

export interface Stage {
  readonly journal: Journal
  readonly provider: Provider
  readonly log: { event: string; fields?: unknown }[]
  readonly granted: Set<string>
  notifier: Notifier
  now(): number
  apply(document: unknown): void
  /** The engine writes down a change. */
  tell(change?: Partial<AlertMessage>): void
  /** Rounds until nothing is in the air and nothing is due. */
  settle(): Promise<void>
  /** Moves the time, a round every 5 seconds, of long times more seldom. */
  pass(ms: number): Promise<void>
  /** The process ends and starts again on the same journal. */
  restart(): Promise<void>
  receipt(index: number, state: 'delivered' | 'read' | 'accepted' | 'rejected'): void
}

export const TRANSITIONS = `CREATE TABLE IF NOT EXISTS alert_transitions (
  cursor INTEGER PRIMARY KEY AUTOINCREMENT, alert TEXT NOT NULL, revision INTEGER NOT NULL,
  at TEXT NOT NULL, message TEXT NOT NULL, UNIQUE (alert, revision)) STRICT`

export async function startStage(
  change: Record<string, unknown> = {},
  { isHoliday = () => false, deadlineMs }: { isHoliday?: (date: string) => boolean; deadlineMs?: number } = {},
): Promise<Stage> {
  const provider = await startProvider()
  const journal = openJournal(join(tempDir(), 'journal.db'))
  journal.database.exec(TRANSITIONS)
  let now = START
  const clock: BrokerClock = {
    now: () => now,
    monotonic: () => now,
    sleep: (_ms, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  }
  const log: Stage['log'] = []
  const note = (event: string, fields?: unknown) => void log.push({ event, fields })
  const toLog: Log = { debug: note, info: note, warn: note, error: note }
  const granted = new Set(['clinic-1'])
  const start = () =>
    openNotifier({
      journal,
      clock,
      random: () => 1,
      log: toLog,
      transitionsAfter: openTransitions(journal).transitionsAfter,
      organisationsFor: (alert, at) => {
        const grant = { citizen: 'citizen-0001', from: '2020-01-01T00:00:00.000Z', purpose: 'care' }
        return entitledTo(
          [...granted].map((organisation) => ({ ...grant, organisation })),
          alert,
          at,
        )
      },
      isHoliday,
      openChannels: (settings) =>
        openChannels(settings, {
          clock,
          env: ENV,
          onUnusable: (channel, reason) => note('channel-unusable', { channel, reason }),
          ...(deadlineMs === undefined ? {} : { deadlineMs }),
        }),
    })
  const stage: Stage = {
    journal,
    provider,
    log,
    granted,
    notifier: start(),
    now: () => now,
    apply: (document) => void applyDocument(journal, parseNotifyDocument(document), now, { dryRun: false }),
    tell(change) {
      const message = alertMessage(change)
      journal.database
        .prepare('INSERT INTO alert_transitions (alert, revision, at, message) VALUES (?, ?, ?, ?)')
        .run(message.alert, message.revision, message.updatedAt, JSON.stringify(message))
    },
    async settle() {
      for (let i = 0; i < 3; i += 1) {
        stage.notifier.round()
        await stage.notifier.settled()
      }
    },
    async pass(ms) {
      const step = Math.max(5_000, ms / 200)
      for (const end = now + ms; now < end; ) {
        now = Math.min(end, now + step)
        stage.notifier.round()
        await stage.notifier.settled()
      }
      await stage.settle()
    },
    async restart() {
      await stage.notifier.close()
      stage.notifier = start()
    },
    receipt(index, state) {
      const key = provider.received[index]?.key
      if (key === undefined || stage.notifier.receipt(key, state) === undefined) throw new Error('no such message')
    },
  }
  onTestFinished(async () => {
    await stage.notifier.close()
    journal.close()
  })
  // As a good provider: takes it, and says so when it has reached the telephone.
  provider.answer = ({ key }) => {
    stage.notifier.receipt(key, 'delivered')
    return 202
  }
  stage.apply(documentFor(provider.url, change))
  return stage
}

export { MINUTE }
