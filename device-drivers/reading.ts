import { z } from 'zod'

/**
 * The reading: one act of measuring by one device. This file is the published shape; the broker's contract and the
 * JSON Schemas are made from it. Times on the wire are ISO 8601 in UTC, the device's own time is local without zone
 * (Bluetooth SIG 0x2A08 and IEEE 11073 AbsoluteTime carry no zone).
 */

export const KINDS = [
  'blood-pressure',
  'oxygen-saturation',
  'weight',
  'body-composition',
  'temperature',
  'heart-rate',
  'glucose',
  'glucose-continuous',
  'ketone',
  'spirometry',
  'symptoms',
] as const
export type Kind = (typeof KINDS)[number]

/** Why a value is not a number. The first five are the special SFLOAT/FLOAT values of IEEE 11073-20601, 12.3. */
export const ABSENT_REASONS = [
  'not-a-number',
  'not-at-this-resolution',
  'positive-infinity',
  'negative-infinity',
  'reserved',
  'not-measured',
  'unsuccessful',
  'above-range',
  'below-range',
] as const
export type AbsentReason = (typeof ABSENT_REASONS)[number]

/** Circumstances of a measurement; the quality gate reads {@link DOUBTFUL}. */
export const STATUSES = [
  'questionable',
  'early-estimate',
  'from-storage',
  'demonstration',
  'test',
  'control-solution',
  'invalid',
  'implausible',
  'body-movement',
  'cuff-too-loose',
  'irregular-pulse',
  'pulse-out-of-range',
  'improper-position',
  'poor-signal',
  'low-perfusion',
  'sensor-fault',
  'sensor-off',
  'no-contact',
  'poor-blow',
  'battery-low',
  'device-fault',
  'temperature-out-of-range',
  'sample-insufficient',
  'strip-fault',
  'result-too-high',
  'result-too-low',
  'time-fault',
  'unit-assumed',
  'possible-duplicate',
] as const
export type Status = (typeof STATUSES)[number]

/** Statuses with which a value must not raise a red alert by itself. */
export const DOUBTFUL: ReadonlySet<Status> = new Set<Status>([
  'questionable',
  'early-estimate',
  'demonstration',
  'test',
  'control-solution',
  'invalid',
  'implausible',
  'body-movement',
  'cuff-too-loose',
  'irregular-pulse',
  'improper-position',
  'poor-signal',
  'low-perfusion',
  'sensor-fault',
  'sensor-off',
  'no-contact',
  'poor-blow',
  'device-fault',
])

/** Where on the body: it changes what a temperature means (Temperature Type 0x2A1D, Body Sensor Location 0x2A38). */
export const SITES = [
  'armpit',
  'body',
  'ear',
  'finger',
  'gastro-intestinal',
  'mouth',
  'rectum',
  'toe',
  'tympanum',
  'chest',
  'wrist',
  'hand',
  'foot',
  'other',
] as const
export type Site = (typeof SITES)[number]

/** How far `measuredAt` can be trusted (PHD implementation guide, coincident time stamp). */
export const CLOCK_QUALITIES = ['synced', 'corrected', 'received', 'hub-unsynced', 'device-unset', 'unknown'] as const
export type ClockQuality = (typeof CLOCK_QUALITIES)[number]

/** Opaque id of a hub, device, organisation or citizen: safe in a topic, a URL, a file name and a log. */
export const idSchema = z.string().regex(/^[a-z0-9-]{4,32}$/, 'use 4 to 32 characters of a-z, 0-9 and hyphen')

/** A number with its UCUM unit and the device's number of decimals (48.0 has one), or the reason why there is none. */
export const valueSchema = z.union([
  z.strictObject({
    value: z.number(),
    unit: z.string().min(1).max(16),
    decimals: z.int().min(0).max(6),
  }),
  z.strictObject({ absent: z.enum(ABSENT_REASONS), unit: z.string().min(1).max(16).optional() }),
])
export type Value = z.infer<typeof valueSchema>

const utc = z.iso.datetime({ precision: 3 })
/** Device time: local, without zone, as the device gave it. */
const localDateTime = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/)

export const readingSchema = z.strictObject({
  /** {@link readingId}: the same record read twice has the same id. */
  id: z.string().regex(/^[a-z2-7]{32}$/),
  kind: z.enum(KINDS),
  /** By quantity name, see `quantities.ts`. */
  values: z.record(z.string().regex(/^[a-z][A-Za-z0-9]{1,31}$/), valueSchema),
  status: z.array(z.enum(STATUSES)).max(STATUSES.length),
  /** As the device gave it, uncorrected. */
  deviceTime: localDateTime.optional(),
  /** Corrected by the device's clock offset read in the same visit. */
  measuredAt: utc,
  /** By the hub. */
  receivedAt: utc,
  clock: z.strictObject({
    quality: z.enum(CLOCK_QUALITIES),
    /** Hub minus device at the visit, in ms. */
    offsetMs: z.int().optional(),
  }),
  device: idSchema,
  driver: z.string().regex(/^[a-z0-9-]{2,40}$/),
  /** User slot of a shared device, when the device says one. */
  slot: z.int().min(0).max(255).optional(),
  /** The device's own record number. */
  sequence: z.int().min(0).optional(),
  /** Where on the body, when the device says it. */
  site: z.enum(SITES).optional(),
  origin: z.enum(['automatic', 'typed', 'typed-by-staff']),
  /** A technician's test measurement: never a clinical reading. */
  test: z.literal(true).optional(),
})
export type Reading = z.infer<typeof readingSchema>

/** The bytes a reading was made of, kept beside it on the hub and in the broker's journal; never on clinic topics. */
export const packetSchema = z.strictObject({
  /** Characteristic ('2A35', '2A18') or protocol ('nonin-df13'). */
  source: z.string().min(1).max(40),
  hex: z
    .string()
    .regex(/^([0-9a-f]{2})*$/)
    .max(8192),
})

/** A reading on its way from hub to broker. */
export const rawReadingSchema = readingSchema.extend({ raw: z.array(packetSchema).max(16) })
export type RawReading = z.infer<typeof rawReadingSchema>

export function isNumber(value: Value | undefined): value is Extract<Value, { value: number }> {
  return value !== undefined && 'value' in value
}

/** True when no status speaks against the values. */
export function isTrustworthy(status: readonly Status[]): boolean {
  return !status.some((s) => DOUBTFUL.has(s))
}
