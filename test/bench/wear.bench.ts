import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { liveStart, liveStep, OXIMETRY_RULE } from '../../device-drivers/live-stream.ts'
import { noninStream } from '../../device-drivers/serial/nonin-stream.ts'
import { draftReadings, type ReadingDraft } from '../../gateway/make-reading.ts'
import { type Outbox, openOutbox } from '../../gateway/outbox.ts'
import { encodeFormat8 } from '../../simulators/encoders/nonin.ts'
import { type ManualClock, manualClock, NOON } from '../support/manual-clock.ts'
import { startReceiptBroker } from '../support/receipt-broker.ts'
import { liveOneDay } from '../support/simulated-day.ts'
import { about, decode, record } from '../support/test-driver.ts'
import type { Bench } from './bench.ts'

/**
 * What a hub asks of its card: the outbox after 90 days without a broker, and what is written in a day. A night at one
 * value a second becomes one reading per act of measuring; the worst night is the one that makes the most of them.
 */

const MB = 1_000_000
const DAYS = 90
const NIGHT_S = 8 * 3600
const SPOT_CHECKS_A_DAY = 4 * 24
const DAY_MS = 86_400_000
/** As configured by default. */
const KEPT_DAYS = 30
/** A card of the cheapest kind bears some 10 TB: at this much a day, centuries; the rest is for what else is on it. */
const WRITTEN_A_DAY_MB = 50
const OUTBOX_MB = 250

/** As many samples as the rule wants before a row that never rests counts, then away: no stream makes more readings. */
function readingsOfWorstNight(): number {
  let state = liveStart<number>()
  let readings = 0
  const cycle = OXIMETRY_RULE.minimum + 3
  for (let s = 0; s < NIGHT_S; s += 1) {
    const away = s % cycle >= OXIMETRY_RULE.minimum
    const step = liveStep(OXIMETRY_RULE, state, { item: s, state: away ? 'away' : 'usable', value: (s % 2) * 10 })
    state = step.state
    if (step.taken !== undefined) readings += 1
  }
  return readings
}

function nightReading(visit: string, position: number): ReadingDraft[] {
  const bytes = encodeFormat8({
    oxygenSaturation: 85 + (position % 12),
    pulseRate: 50 + (position % 60),
    smartPoint: false,
  })
  const record = [
    { source: 'nonin-df8', bytes },
    { source: 'unsettled', bytes: new Uint8Array() },
  ] as const
  return draftReadings(record, noninStream.decode(record), {
    device: 'oximeter-0001',
    about: noninStream.about,
    timing: { bootId: '00000000-0000-0000-0000-000000000000', heardAt: 5_000 + position, clockSet: false },
    occasion: { visit, position },
  })
}

function spotCheck(number: number): ReadingDraft[] {
  const heard = record(80, 1)
  const measurements = decode(heard).measurements.map((measured) => ({ ...measured, sequence: 1_000 + number }))
  return draftReadings(
    heard,
    { measurements, fields: [] },
    {
      device: `scale-000${number % 4}`,
      about,
      timing: { bootId: '00000000-0000-0000-0000-000000000000', heardAt: 5_000, clockSet: false },
      occasion: { visit: 'none', position: 0 },
    },
  )
}

function openAt(path: string, clock: ManualClock): Outbox {
  return openOutbox(path, {
    time: () => ({ zone: 'Europe/Copenhagen', now: clock.wall() ?? NOON, wallAt: clock.wallAt }),
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
  }).outbox
}

/** The outbox of a hub that has sent everything, every day of its retention and the one that grows too old today. */
async function kept(dataDir: string, slipsEveryS: number): Promise<void> {
  const clock = manualClock({ wall: NOON - (KEPT_DAYS + 1) * DAY_MS })
  const outbox = openAt(join(dataDir, 'outbox.db'), clock)
  const slipsAnHour = 3600 / slipsEveryS
  for (let hour = 0; hour < (KEPT_DAYS + 1) * 24; hour += 1) {
    const ofNight = (hour % 24) - 10
    const slips = ofNight >= 0 && ofNight < NIGHT_S / 3600 ? slipsAnHour : 0
    const drafts = [
      ...Array.from({ length: SPOT_CHECKS_A_DAY / 24 }, (_, i) => spotCheck(hour * 4 + i)),
      ...Array.from({ length: slips }, (_, i) =>
        nightReading(`0123456789abcdef.${Math.floor(hour / 24)}`, ofNight * slipsAnHour + i),
      ),
    ].flat()
    await outbox.append({ device: 'oximeter-0001', drafts })
    await outbox.receipt({ epoch: outbox.epoch, first: 1, last: outbox.lastSequence() })
    await clock.advance(3600_000)
  }
  outbox.close()
}

async function ninetyDays(dir: string, onProgress: (text: string) => void): Promise<{ mb: number; rows: number }> {
  const path = join(dir, 'outbox.db')
  const outbox = openAt(path, manualClock())
  const perDay = SPOT_CHECKS_A_DAY + readingsOfWorstNight()
  for (let day = 0; day < DAYS; day += 1) {
    if (day % 30 === 0) onProgress(`day ${day} of ${DAYS}`)
    const drafts: ReadingDraft[] = []
    for (let i = 0; i < perDay; i += 1) drafts.push(...nightReading(`0123456789abcdef.${day}`, i))
    await outbox.append({ device: 'oximeter-0001', drafts })
  }
  const rows = outbox.counts().unsent
  outbox.close()
  return { mb: statSync(path).size / MB, rows }
}

/** Bytes this process has caused to be written to the disk (proc(5), io). */
function writtenBytes(): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? Number.NaN)
}

/** The machine's own may be fuller than a card: the hub would forget three weeks at once, which is not every day's work. */
const ROOMY = { freeBytes: 20_000 * MB, totalBytes: 32_000 * MB }
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }

async function day(dataDir: string, slipsEveryS: number): Promise<{ mb: number; readings: number }> {
  const broker = await startReceiptBroker('hub-0001')
  await kept(dataDir, slipsEveryS)
  const before = writtenBytes()
  await liveOneDay({
    ...{ dataDir, brokerUrl: broker.url, log: quiet, spotChecks: 4, slipsEveryS },
    parts: { disk: () => ROOMY },
  })
  const mb = (writtenBytes() - before) / MB
  const readings = new Set(broker.ids()).size
  await broker.close()
  return { mb, readings }
}

export const bench: Bench = async ({ onProgress }) => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-wear-'))
  try {
    onProgress('a day with a night of a slip every five minutes')
    const usual = await day(mkdtempSync(join(dir, 'usual-')), 300)
    onProgress('a day with a night of a slip every ten seconds')
    const worst = await day(mkdtempSync(join(dir, 'worst-')), 10)
    const filled = await ninetyDays(mkdtempSync(join(dir, 'full-')), onProgress)
    return {
      figures: {
        writtenADayMb: usual.mb,
        readingsADay: usual.readings,
        writtenOnWorstDayMb: worst.mb,
        readingsOnWorstDay: worst.readings,
        ninetyDaysMb: filled.mb,
        ninetyDaysRows: filled.rows,
      },
      limits: [
        { figure: 'writtenADayMb', atMost: WRITTEN_A_DAY_MB },
        { figure: 'writtenOnWorstDayMb', atMost: WRITTEN_A_DAY_MB },
        { figure: 'readingsOnWorstDay', atLeast: SPOT_CHECKS_A_DAY - 4 + NIGHT_S / 10 - 5 },
        { figure: 'readingsADay', atLeast: SPOT_CHECKS_A_DAY - 4 + 90 },
        { figure: 'ninetyDaysMb', atMost: OUTBOX_MB },
        { figure: 'ninetyDaysRows', atLeast: DAYS * SPOT_CHECKS_A_DAY },
      ],
      conditions: {
        days: DAYS,
        keptDays: KEPT_DAYS,
        spotChecksADay: SPOT_CHECKS_A_DAY,
        nightS: NIGHT_S,
        node: process.version,
      },
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
