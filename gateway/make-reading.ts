import { z } from 'zod'
import type { Declaration, Decoded, RawRecord } from '../device-drivers/driver.ts'
import { PreCareError } from '../device-drivers/errors.ts'
import { withImplausible } from '../device-drivers/quantities.ts'
import { type RawReading, rawReadingSchema } from '../device-drivers/reading.ts'
import { type Occasion, readingId } from '../device-drivers/reading-id.ts'
import { utcText } from './local-time.ts'
import { type ReadingTimes, readingTimes, type Timing, timesOfForgottenBoot } from './reading-time.ts'

/**
 * From a decoded record to readings, in two steps: a draft has everything but the three times; completing it needs the
 * hub's wall time. A hub that does not know the time keeps drafts, and never sends 1970.
 */

const draftSchema = rawReadingSchema.omit({ measuredAt: true, receivedAt: true, clock: true })
const timingSchema = z.strictObject({
  bootId: z.string(),
  heardAt: z.number(),
  deviceClock: z.strictObject({ deviceNow: z.string(), readAt: z.number() }).exactOptional(),
  clockSet: z.boolean(),
  clockUnset: z.boolean(),
})

/** A reading without its times, as the outbox keeps it until the time is known. */
export const readingDraftSchema = z.strictObject({ reading: draftSchema, timing: timingSchema })
export type ReadingDraft = z.infer<typeof readingDraftSchema>

/** What a visit knows about a record, beside its bytes. */
export interface Heard {
  readonly device: string
  readonly about: Declaration
  readonly timing: Omit<Timing, 'clockUnset'>
  /** Unique for this record at this hub. */
  readonly occasion: Occasion
  /** A technician's test measurement. */
  readonly test?: boolean
}

/**
 * @throws PreCareError 'packet-malformed' when the driver made something that is no reading (the record is kept as
 *   rejected, so that one odd value can't be refused far away, at the broker)
 */
export function draftReadings(record: RawRecord, decoded: Decoded, heard: Heard): ReadingDraft[] {
  const raw = record.map(({ source, bytes }) => ({ source, hex: Buffer.from(bytes).toString('hex') }))
  return decoded.measurements.map((measured, index) => {
    const measurement = withImplausible(measured)
    const { kind, values, status, deviceTime, slot, sequence, site } = measurement
    const reading = draftSchema.safeParse({
      id: readingId({
        device: heard.device,
        about: heard.about,
        measurement,
        packet: record[0],
        index,
        occasion: heard.occasion,
      }),
      kind,
      values,
      status,
      ...(deviceTime === undefined ? {} : { deviceTime }),
      device: heard.device,
      driver: heard.about.id,
      ...(slot === undefined ? {} : { slot }),
      ...(site === undefined ? {} : { site }),
      ...(sequence === undefined ? {} : { sequence }),
      origin: 'automatic',
      ...(heard.test === true ? { test: true } : {}),
      raw,
    })
    if (!reading.success) {
      const fields = reading.error.issues.map((issue) => issue.path.join('.')).join(', ')
      throw new PreCareError('packet-malformed', `driver ${heard.about.id} made no valid reading: ${fields}`)
    }
    return { reading: reading.data, timing: { ...heard.timing, clockUnset: measurement.clockUnset === true } }
  })
}

/** What the hub knows of the time when a draft is completed. */
export interface TimeKnown {
  readonly zone: string
  /** Unix ms now. */
  readonly now: number
  wallAt(bootId: string, monoMs: number): number | undefined
}

/** @param late the draft was kept because the time was not known when its record was heard */
export function completeReading(draft: ReadingDraft, known: TimeKnown, late: boolean): RawReading {
  const { reading, timing } = draft
  const heard = known.wallAt(timing.bootId, timing.heardAt)
  const times =
    heard === undefined
      ? timesOfForgottenBoot(reading.deviceTime, known.now, known.zone)
      : readingTimes(timing, reading.deviceTime, { heard, zone: known.zone, late })
  return withTimes(reading, times)
}

function withTimes(reading: ReadingDraft['reading'], times: ReadingTimes): RawReading {
  const { raw, ...rest } = reading
  return {
    ...rest,
    measuredAt: utcText(times.measuredAt),
    receivedAt: utcText(times.receivedAt),
    clock: times.clock,
    raw,
  }
}
