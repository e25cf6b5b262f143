import { hash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../broker/broker-clock.ts'
import type { AlertMessage } from '../../broker/contract/alert.ts'
import type { FeedReading, Receipt } from '../../broker/contract/messages.ts'
import { Ingest } from '../../broker/ingest.ts'
import type { Log } from '../../broker/log.ts'
import type { Outgoing, OutgoingSource } from '../../broker/outgoing.ts'
import { applyRegistry, openRegistry, type Registry } from '../../broker/registry.ts'
import { openReplay, type Replay } from '../../broker/replay/replay.ts'
import { type Journal, openJournal } from '../../broker/store/journal.ts'
import type { RawReading } from '../../device-drivers/reading.ts'

export const EPOCH = '0123456789abcdef'
/** Everything happens around this moment unless a test says otherwise. */
export const NOW = Date.parse('2026-03-01T12:00:00.000Z')
export const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString()

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'precare-broker-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
export function idOf(name: string): string {
  let id = ''
  for (const byte of hash('sha256', name, 'buffer')) id += BASE32[byte & 31]
  return id
}

const number = (value: number, unit: string, decimals = 0) => ({ value, unit, decimals })

export function reading(name: string, change: Partial<RawReading> = {}): RawReading {
  return {
    id: change.id ?? idOf(name),
    kind: 'blood-pressure',
    values: { systolic: number(120, 'mm[Hg]'), diastolic: number(80, 'mm[Hg]') },
    status: [],
    measuredAt: at(-1),
    receivedAt: at(-1),
    clock: { quality: 'synced', offsetMs: 0 },
    device: 'cuff-0001',
    driver: 'blood-pressure-service',
    origin: 'automatic',
    raw: [{ source: '2A35', hex: '0678005000' }],
    ...change,
  }
}

export function pressure(systolic: number, diastolic = 80): RawReading['values'] {
  return { systolic: number(systolic, 'mm[Hg]'), diastolic: number(diastolic, 'mm[Hg]') }
}

export const message = (first: number, readings: readonly unknown[], epoch = EPOCH): Buffer =>
  Buffer.from(JSON.stringify({ epoch, first, readings }))

/** One clinic, one citizen with a cuff at one hub, limits for the systolic pressure. */
export const DOCUMENT = {
  organisations: [{ id: 'clinic', title: 'The clinic' }],
  citizens: [{ id: 'citizen-1' }, { id: 'citizen-2' }],
  hubs: [{ id: 'hub-0001' }, { id: 'hub-0002' }],
  devices: [
    { id: 'cuff-0001', hub: 'hub-0001', driver: 'blood-pressure-service' },
    { id: 'scale-0001', hub: 'hub-0001', driver: 'weight-scale-service' },
  ],
  assignments: [{ device: 'cuff-0001', citizen: 'citizen-1', from: '2026-01-01T00:00:00Z' }],
  grants: [{ organisation: 'clinic', citizen: 'citizen-1', from: '2026-01-01T00:00:00Z', purpose: 'treatment' }],
  limits: [
    {
      citizen: 'citizen-1',
      quantity: 'systolic',
      alertLow: 85,
      warningLow: 95,
      warningHigh: 140,
      alertHigh: 160,
      from: '2026-01-01T00:00:00Z',
      author: 'doctor',
      reason: 'start',
    },
  ],
}

interface LoggedLine {
  readonly level: string
  readonly event: string
  readonly fields: unknown
}

export interface Core {
  readonly journal: Journal
  readonly ingest: Ingest
  readonly registry: Registry
  readonly replay: Replay
  readonly clock: { time: number; now(): number }
  readonly lines: readonly LoggedLine[]
  readonly receipts: readonly { readonly topic: string; readonly receipt: Receipt }[]
  /** How often the core asked to be pulled. */
  readonly woken: { times: number }
  send(hub: string, payload: Uint8Array): Promise<void>
  apply(document: unknown): void
}

function memoryLog(): { log: Log; lines: LoggedLine[] } {
  const lines: LoggedLine[] = []
  const line = (level: string) => (event: string, fields?: unknown) => void lines.push({ level, event, fields })
  return { log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }, lines }
}

let blank: Buffer | undefined

/** A journal without rows, whose schema is made once for all tests of the process. */
function blankJournal(): Buffer {
  if (blank !== undefined) return blank
  const directory = mkdtempSync(join(tmpdir(), 'precare-broker-'))
  const path = join(directory, 'journal.db')
  openJournal(path).close()
  blank = readFileSync(path)
  rmSync(directory, { recursive: true })
  return blank
}

/** The real core on a real file. Closed and removed after the test. */
export function openCore(
  path: string = join(temporaryDirectory(), 'journal.db'),
  document: unknown = DOCUMENT,
  more: Pick<ConstructorParameters<typeof Ingest>[0], 'quarantinePerDay' | 'restMs'> = {},
): Core {
  if (!existsSync(path)) writeFileSync(path, blankJournal(), { mode: 0o600 })
  const journal = openJournal(path)
  applyRegistry(journal, document)
  const clock = { ...systemClock, time: NOW, now: () => clock.time }
  const { log, lines } = memoryLog()
  const receipts: { topic: string; receipt: Receipt }[] = []
  const woken = { times: 0 }
  const registry = openRegistry(journal)
  const ingest = new Ingest({
    journal,
    registry,
    clock,
    publish: (messages) => {
      for (const { topic, payload } of messages) receipts.push({ topic, receipt: JSON.parse(String(payload)) })
    },
    wake: () => {
      woken.times += 1
    },
    log,
    restMs: 0,
    ...more,
  })
  const close = () => {
    ingest.close()
    if (journal.database.isOpen) journal.close()
  }
  onTestFinished(close)
  return {
    journal,
    ingest,
    registry,
    replay: openReplay(journal, registry, clock),
    clock,
    lines,
    receipts,
    woken,
    send: (hub, payload) => ingest.accept(hub, payload),
    apply: (change) => {
      applyRegistry(journal, change)
      ingest.refresh()
    },
  }
}

/** Everything that waits at a source, marked as published. */
export function pull(source: OutgoingSource): Outgoing[] {
  const all: Outgoing[] = []
  for (;;) {
    const messages = source.next(10)
    if (messages.length === 0) return all
    all.push(...messages)
    source.published(messages)
  }
}

export const feedOf = (out: readonly Outgoing[]): FeedReading[] => out.map(({ payload }) => JSON.parse(String(payload)))
/** null: the retained state is cleared. */
export const alertsOf = (out: readonly Outgoing[]): (AlertMessage | null)[] =>
  out.map(({ payload }) => (payload === '' ? null : JSON.parse(String(payload))))

export function count(journal: Journal, table: string, where = 'true'): number {
  return Number(journal.database.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${where}`).get()?.['n'])
}

export { until } from '../support/temp-dir.ts'
