import type { Kind, Reading } from '../../../device-drivers/reading.ts'
import { TYPED_BY_STAFF } from '../../contract/messages.ts'
import { isoTime } from '../../store/iso-time.ts'
import type { Journal } from '../../store/journal.ts'
import { isOfTheCitizen } from '../judged-reading.ts'
import type { Course } from './course.ts'
import type { DeviceFact, HubFact, PauseFact, PlannedReading } from './facts.ts'
import { TICK_MS, type TickRange } from './ticks.ts'
import type { Verdict } from './verdict.ts'

/** What the engine knows of silences, in the journal; all writing happens in the caller's transaction. */
export interface FactRows {
  ticks(): TickRange[]
  addTick(tick: number): void
  /** What was heard of each hub last, and up to which time it had delivered everything. */
  hubWatch(): Map<string, { readonly lastHeard: number; readonly holdsNothingBefore: number | undefined }>
  putHubWatch(hub: string, lastHeard: number, holdsNothingBefore: number | undefined): void
  addHubFact(fact: HubFact): void
  addDeviceFact(fact: DeviceFact): void
  newestHubFacts(): HubFact[]
  newestDeviceFacts(): DeviceFact[]
  /** Since a time, and the one that held then; ordered. */
  hubFacts(hub: string, since: number): HubFact[]
  /** Every hub's facts at which it fell silent or was heard again; ordered by hub, then time. */
  flips(): HubFact[]
  deviceFacts(device: string, since: number): DeviceFact[]
  pauses(citizen: string, since: number): PauseFact[]
  /** Measurements that count: of the citizen, and with a result. */
  readings(citizen: string, kind: Kind, since: number): PlannedReading[]
  /** Who measured what when, in order of storing after a position. */
  stored(after: number): { readonly position: number; readonly citizen: string; readonly measuredAt: number }[]
  lastPosition(): number
  /** The device that gave the citizen's newest reading of a kind. */
  deviceOf(citizen: string, kind: Kind): string | undefined
  /** The newest measurement of a kind that counts and that a device made: by which, and when it happened. */
  lastUse(citizen: string, kind: Kind): { readonly device: string; readonly at: number } | undefined
  /** Devices that are the citizen's at a time. */
  devicesOf(citizen: string, at: string): string[]
  verdicts(citizen: string, since: number): Map<string, Course['steps'][number][]>
  addVerdict(citizen: string, kind: Kind, opens: number, at: number, verdict: Verdict): void
}

/** Name of a slot among those of a citizen. */
export const slotName = (kind: string, opens: number): string => `${kind}/${opens}`

type Row = Record<string, unknown>
const number = (value: unknown): number => Number(value)
const optional = <K extends string, V>(name: K, value: V | null | undefined) =>
  (value === null || value === undefined ? {} : { [name]: value }) as { readonly [P in K]?: V }

const hubFactOf = (row: Row): HubFact => ({
  hub: String(row['hub']),
  at: number(row['at']),
  heard: row['heard'] === 1,
  lastHeard: number(row['last_heard']),
  ...optional('holdsNothingBefore', row['holds_nothing_before'] as number | null),
  radio: row['radio'] === 1,
})

const deviceFactOf = (row: Row): DeviceFact => ({
  device: String(row['device']),
  at: number(row['at']),
  batteryLow: row['battery_low'] === 1,
  ...optional('problem', row['problem'] as string | null),
})

/** An attempt that the device could make nothing of is no measurement; beyond the device's range is one. */
const hasResult = (reading: Reading): boolean =>
  Object.values(reading.values).some(
    (value) => 'value' in value || value.absent === 'above-range' || value.absent === 'below-range',
  )

const counts = (reading: Reading): boolean => isOfTheCitizen(reading) && hasResult(reading)

/** Attempts without a result in a row, more than anybody makes. */
const LOOKED_AT = 50

export function openFactRows(journal: Journal): FactRows {
  const sql = (text: string) => journal.database.prepare(text)
  const selectTicks = sql('SELECT first, last FROM engine_ticks ORDER BY first')
  const extendTick = sql('UPDATE engine_ticks SET last = ? WHERE last = ?')
  const insertTick = sql('INSERT INTO engine_ticks (first, last) VALUES (?, ?)')
  const selectWatch = sql('SELECT * FROM hub_watch')
  const upsertWatch = sql(
    `INSERT INTO hub_watch (hub, last_heard, holds_nothing_before) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET last_heard = excluded.last_heard, holds_nothing_before = excluded.holds_nothing_before`,
  )
  const insertHub = sql(
    `INSERT OR REPLACE INTO hub_facts (hub, at, heard, last_heard, holds_nothing_before, radio) VALUES (?, ?, ?, ?, ?, ?)`,
  )
  const insertDevice = sql('INSERT OR REPLACE INTO device_facts (device, at, battery_low, problem) VALUES (?, ?, ?, ?)')
  const newestHubs = sql('SELECT f.*, max(at) FROM hub_facts f GROUP BY hub')
  const newestDevices = sql('SELECT f.*, max(at) FROM device_facts f GROUP BY device')
  const since = (table: string, subject: string) =>
    sql(
      `SELECT * FROM ${table} WHERE ${subject} = ?1 AND at >=
         coalesce((SELECT max(at) FROM ${table} WHERE ${subject} = ?1 AND at <= ?2), 0) ORDER BY at`,
    )
  const hubsSince = since('hub_facts', 'hub')
  const devicesSince = since('device_facts', 'device')
  const selectFlips = sql(
    `SELECT * FROM (SELECT f.*, lag(heard) OVER (PARTITION BY hub ORDER BY at) AS before FROM hub_facts f)
     WHERE before IS NOT heard ORDER BY hub, at`,
  )
  const selectPauses = sql('SELECT id, from_at, to_at, created_at FROM pauses WHERE citizen = ? AND to_at > ?')
  const selectReadings = sql(
    `SELECT id, measured_at, stored_at, payload FROM readings
     WHERE citizen = ? AND kind = ? AND measured_at >= ? AND state = 'clinical' ORDER BY measured_at`,
  )
  const selectStored = sql(
    `SELECT l.position, r.citizen, r.measured_at FROM clinical_log l JOIN readings r ON r.cursor = l.reading
     WHERE l.position > ? ORDER BY l.position`,
  )
  const selectPosition = sql('SELECT max(position) AS n FROM clinical_log')
  const selectDevice = sql(
    'SELECT device FROM readings WHERE citizen = ? AND kind = ? ORDER BY measured_at DESC LIMIT 1',
  )
  const selectUses = sql(
    `SELECT device, measured_at, received_at, payload FROM readings
     WHERE citizen = ? AND kind = ? AND device <> '${TYPED_BY_STAFF}' ORDER BY measured_at DESC LIMIT ${LOOKED_AT}`,
  )
  const selectDevices = sql(
    'SELECT DISTINCT device FROM assignments WHERE citizen = ?1 AND from_at <= ?2 AND (to_at IS NULL OR to_at > ?2)',
  )
  const selectVerdicts = sql(
    'SELECT kind, opens, at, verdict FROM slot_verdicts WHERE citizen = ? AND opens >= ? ORDER BY kind, opens, at',
  )
  const insertVerdict = sql('INSERT INTO slot_verdicts (citizen, kind, opens, at, verdict) VALUES (?, ?, ?, ?, ?)')

  return {
    ticks: () => selectTicks.all().map((row) => ({ first: number(row['first']), last: number(row['last']) })),
    addTick(tick) {
      if (extendTick.run(tick, tick - TICK_MS).changes === 0) insertTick.run(tick, tick)
    },
    hubWatch: () =>
      new Map(
        selectWatch.all().map((row) => [
          String(row['hub']),
          {
            lastHeard: number(row['last_heard']),
            holdsNothingBefore: row['holds_nothing_before'] === null ? undefined : number(row['holds_nothing_before']),
          },
        ]),
      ),
    putHubWatch: (hub, lastHeard, before) => void upsertWatch.run(hub, lastHeard, before ?? null),
    addHubFact: ({ hub, at, heard, lastHeard, holdsNothingBefore, radio }) =>
      void insertHub.run(hub, at, heard ? 1 : 0, lastHeard, holdsNothingBefore ?? null, radio ? 1 : 0),
    addDeviceFact: ({ device, at, batteryLow, problem }) =>
      void insertDevice.run(device, at, batteryLow ? 1 : 0, problem ?? null),
    newestHubFacts: () => newestHubs.all().map(hubFactOf),
    newestDeviceFacts: () => newestDevices.all().map(deviceFactOf),
    hubFacts: (hub, from) => hubsSince.all(hub, from).map(hubFactOf),
    flips: () => selectFlips.all().map(hubFactOf),
    deviceFacts: (device, from) => devicesSince.all(device, from).map(deviceFactOf),
    pauses: (citizen, from) =>
      selectPauses.all(citizen, isoTime(from)).map((row) => ({
        id: String(row['id']),
        from: Date.parse(String(row['from_at'])),
        to: Date.parse(String(row['to_at'])),
        knownAt: Date.parse(String(row['created_at'])),
      })),
    readings: (citizen, kind, from) =>
      selectReadings.all(citizen, kind, isoTime(from)).flatMap((row) => {
        const reading = JSON.parse(String(row['payload'])) as Reading
        if (!counts(reading)) return []
        const measuredAt = Date.parse(String(row['measured_at']))
        return [{ id: String(row['id']), kind, measuredAt, knownAt: Date.parse(String(row['stored_at'])) }]
      }),
    stored: (after) =>
      selectStored.all(after).map((row) => ({
        position: number(row['position']),
        citizen: String(row['citizen']),
        measuredAt: Date.parse(String(row['measured_at'])),
      })),
    lastPosition: () => number(selectPosition.get()?.['n'] ?? 0),
    deviceOf(citizen, kind) {
      const device = selectDevice.get(citizen, kind)?.['device']
      return device === undefined ? undefined : String(device)
    },
    lastUse(citizen, kind) {
      let last: { readonly device: string; readonly at: number } | undefined
      for (const row of selectUses.iterate(citizen, kind)) {
        if (!counts(JSON.parse(String(row['payload'])) as Reading)) continue
        const [measured, received] = [String(row['measured_at']), String(row['received_at'])]
        const at = Date.parse(measured < received ? measured : received)
        if (last === undefined || at > last.at) last = { device: String(row['device']), at }
        // Only behind a clock that runs ahead can there be one that happened later.
        if (measured <= received) break
      }
      return last
    },
    devicesOf: (citizen, at) => selectDevices.all(citizen, at).map((row) => String(row['device'])),
    verdicts(citizen, from) {
      const slots = new Map<string, Course['steps'][number][]>()
      for (const row of selectVerdicts.all(citizen, from)) {
        const name = slotName(String(row['kind']), number(row['opens']))
        const step = { at: number(row['at']), verdict: JSON.parse(String(row['verdict'])) as Verdict }
        const known = slots.get(name)
        if (known === undefined) slots.set(name, [step])
        else known.push(step)
      }
      return slots
    },
    addVerdict: (citizen, kind, opens, at, verdict) =>
      void insertVerdict.run(citizen, kind, opens, at, JSON.stringify(verdict)),
  }
}
