import { z } from 'zod'
import type { RawReading } from '../../device-drivers/reading.ts'

/**
 * The test alert's way round: a reading beyond the limit, the alert that must come of it, a reading within, and the end
 * of the alert. Pure: what was seen and the time in, what to send out.
 */

/** What is sent now: `beyond` must raise the alert, `within` must clear it. */
export type Phase = 'beyond' | 'within'

export interface Round {
  readonly phase: Phase
  /** Of the reading that was sent last. */
  readonly reading: string
  readonly sentAt: number
  /** The answer has come: what follows waits for its time. */
  readonly answered: boolean
  /** Which alert has risen. */
  readonly alert: string | undefined
  /** When the next reading of a round in time is due. */
  readonly nextAt: number
  /** An answer stayed away: the round is made good without waiting. */
  readonly behind: boolean
}

/** Of an alert message, what is needed here; the rest may grow as it likes. */
const alertSchema = z.object({ alert: z.string(), state: z.string(), readings: z.array(z.string()) })

/** Parts of a round after which an answer is no longer waited for, and the round begun again. */
const IMPATIENCE = 12
/** An answer of a busy broker may take so long, however short the round. */
const LEAST_PATIENCE_MS = 2_000

/**
 * What is to be sent now, if anything.
 * @param everyMs one whole round; @param newId of a reading
 */
export function nextProbe(
  round: Round | undefined,
  everyMs: number,
  now: number,
  newId: () => string,
): Round | undefined {
  if (round === undefined) return begin('beyond', everyMs, now, newId(), false, undefined)
  if (!round.answered) {
    if (now - round.sentAt < Math.max(everyMs / IMPATIENCE, LEAST_PATIENCE_MS)) return undefined
    // Whichever answer was missed, a reading beyond the limit shows up in an alert again, and the clear follows at once.
    return begin('beyond', everyMs, now, newId(), true, undefined)
  }
  if (now < round.nextAt && !(round.behind && round.phase === 'beyond')) return undefined
  const phase = round.phase === 'beyond' ? 'within' : 'beyond'
  return begin(phase, everyMs, now, newId(), false, round.alert)
}

function begin(
  phase: Phase,
  everyMs: number,
  now: number,
  reading: string,
  behind: boolean,
  alert: string | undefined,
): Round {
  return { phase, reading, sentAt: now, answered: false, alert, nextAt: now + everyMs / 2, behind }
}

/** What a message on an alert topic of the synthetic citizen proves. */
export function answerOf(
  round: Round | undefined,
  payload: Uint8Array,
): { readonly round: Round; readonly signal: 'rise' | 'clear' } | undefined {
  if (round === undefined || round.answered) return undefined
  const parsed = alertSchema.safeParse(jsonOf(payload))
  if (!parsed.success) return undefined
  const { alert, state, readings } = parsed.data
  if (round.phase === 'beyond') {
    // Of this very reading: an old alert that is published again after a restart proves nothing.
    if (state !== 'open' || !readings.includes(round.reading)) return undefined
    return { round: { ...round, answered: true, alert }, signal: 'rise' }
  }
  if (state !== 'closed' || alert !== round.alert) return undefined
  return { round: { ...round, answered: true }, signal: 'clear' }
}

/** Below the limit of the synthetic citizen (self-test.json), and well above it. */
const VALUE: Readonly<Record<Phase, number>> = { beyond: 85, within: 97 }

/** @param at wall time, ISO 8601 UTC */
export function readingOf({ phase, reading }: Round, device: string, at: string): RawReading {
  return {
    id: reading,
    kind: 'oxygen-saturation',
    values: { oxygenSaturation: { value: VALUE[phase], unit: '%', decimals: 0 } },
    status: [],
    measuredAt: at,
    receivedAt: at,
    clock: { quality: 'synced' },
    device,
    driver: 'self-test',
    origin: 'automatic',
    raw: [],
  }
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'))
  } catch {
    return undefined
  }
}
