import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { liveStart, liveStep, OXIMETRY_RULE } from '../../device-drivers/live-stream.ts'
import { noninStream } from '../../device-drivers/serial/nonin-stream.ts'
import { draftReadings, type ReadingDraft } from '../../gateway/make-reading.ts'
import { openOutbox } from '../../gateway/outbox.ts'
import { encodeFormat8 } from '../../simulators/encoders/nonin.ts'
import { manualClock, NOON } from '../support/manual-clock.ts'
import { startReceiptBroker } from '../support/receipt-broker.ts'
import { liveOneDay } from '../support/simulated-day.ts'
import type { Bench } from './bench.ts'

/**
 * What a hub asks of its card: the outbox after 90 days without a broker, and what is written in a day. A night at one
 * value a second becomes one reading per act of measuring; the worst night is the one that makes the most of them.
 */

const MB = 1_000_000
const DAYS = 90
const NIGHT_S = 8 * 3600
const SPOT_CHECKS_A_DAY = 4 * 24
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

function nightReading(n: number): ReadingDraft[] {
  const bytes = encodeFormat8({ oxygenSaturation: 85 + (n % 12), pulseRate: 50 + (n % 60), smartPoint: false })
  const record = [
    { source: 'nonin-df8', bytes },
    { source: 'unsettled', bytes: new Uint8Array() },
  ] as const
  return draftReadings(record, noninStream.decode(record), {
    device: 'oximeter-0001',
    about: noninStream.about,
    timing: { bootId: '00000000-0000-0000-0000-000000000000', heardAt: 5_000 + n, clockSet: false },
    occasion: `0123456789abcdef.1.${n}`,
  })
}

async function ninetyDays(dir: string, onProgress: (text: string) => void): Promise<{ mb: number; rows: number }> {
  const clock = manualClock()
  const path = join(dir, 'outbox.db')
  const { outbox } = openOutbox(path, {
    time: () => ({ zone: 'Europe/Copenhagen', now: clock.wall() ?? NOON, wallAt: clock.wallAt }),
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
  })
  const perDay = SPOT_CHECKS_A_DAY + readingsOfWorstNight()
  for (let day = 0, n = 0; day < DAYS; day += 1) {
    if (day % 30 === 0) onProgress(`day ${day} of ${DAYS}`)
    const drafts: ReadingDraft[] = []
    for (let i = 0; i < perDay; i += 1) drafts.push(...nightReading(n++))
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

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }

async function day(dataDir: string, slipsEveryS: number): Promise<{ mb: number; readings: number }> {
  const broker = await startReceiptBroker('hub-0001')
  const before = writtenBytes()
  await liveOneDay({ dataDir, brokerUrl: broker.url, log: quiet, spotChecks: 4, slipsEveryS })
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
      conditions: { days: DAYS, spotChecksADay: SPOT_CHECKS_A_DAY, nightS: NIGHT_S, node: process.version },
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
