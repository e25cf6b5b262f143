import { z } from 'zod'
import { idSchema, rawReadingSchema, readingSchema } from '../../device-drivers/reading.ts'

/** The payloads of the topics, all JSON. A change that breaks a subscriber is a new `v`. */

const utc = z.iso.datetime({ precision: 3 })
/** Random, made with the outbox: a restored or swapped card gets another, so sequence numbers can't be confused. */
const epoch = z.string().regex(/^[0-9a-f]{16}$/)
const sequence = z.int().min(1)

/** `v1/hubs/<hub>/readings`: the i-th reading has sequence number `first + i` in the hub's outbox. */
export const readingsMessageSchema = z.strictObject({
  epoch,
  first: sequence,
  readings: z.array(rawReadingSchema).min(1).max(500),
})
export type ReadingsMessage = z.infer<typeof readingsMessageSchema>

/** The same with readings unread: the ingest judges each by itself, so that one bad reading loses no other. */
export const readingsEnvelopeSchema = z.strictObject({
  epoch,
  first: sequence,
  readings: z.array(z.unknown()).min(1).max(500),
})

/** `v1/hubs/<hub>/receipts`: sequence numbers first..last (inclusive) of this epoch are on the broker's disk. */
export const receiptSchema = z.strictObject({ epoch, first: sequence, last: sequence })
export type Receipt = z.infer<typeof receiptSchema>

/** `v1/hubs/<hub>/state`: `session` grows by one at each connect, so a late will of an old session changes nothing. */
export const hubStateSchema = z.strictObject({
  state: z.enum(['online', 'offline']),
  session: z.int().min(1),
  since: utc.optional(),
  /** Code of the error table: the hub can be reached but receives nothing, and readings stay in their devices. */
  problem: z.string().optional(),
})
export type HubState = z.infer<typeof hubStateSchema>

/** `v1/hubs/<hub>/health`: counts and ages, no measured value. */
export const hubHealthSchema = z.strictObject({
  at: utc.optional(),
  bootId: z.string(),
  uptimeS: z.int().min(0),
  version: z.string(),
  /** rolled-back: that version did not prove itself, and the one before it runs again. Absent when there is nothing to say. */
  update: z.strictObject({ state: z.enum(['on-trial', 'rolled-back']), version: z.string() }).optional(),
  clock: z.strictObject({ synced: z.boolean() }),
  outbox: z.strictObject({
    epoch,
    lastSequence: z.int().min(0),
    unsent: z.int().min(0),
    oldestUnsentS: z.int().min(0).optional(),
    /**
     * Everything measured before this time that the hub ever got is on the broker's disk. Absent: the hub does not know
     * the time, or has too much waiting to say.
     */
    holdsNothingBefore: utc.optional(),
  }),
  counts: z.strictObject({
    decoded: z.int().min(0),
    duplicate: z.int().min(0),
    rejected: z.int().min(0),
    receipted: z.int().min(0),
    sessions: z.int().min(0),
    sessionFailures: z.int().min(0),
  }),
  radio: z
    .strictObject({
      state: z.enum(['starting', 'ready', 'unavailable']),
      silentForS: z.int().min(0),
      linksOpen: z.int().min(0),
      scanRestarts: z.int().min(0),
      connectFailures: z.int().min(0),
      /** What was last tried with a radio that hears nothing; absent while it hears. */
      step: z.enum(['scan', 'adapter', 'power', 'service', 'reboot']).optional(),
      adapterRestarts: z.int().min(0).optional(),
      powerCycles: z.int().min(0).optional(),
      mostLinksOpen: z.int().min(0).optional(),
      steadyDevices: z.int().min(0).optional(),
    })
    .optional(),
  memory: z.strictObject({ rssBytes: z.int().min(0) }),
  disk: z
    .strictObject({
      freeBytes: z.int().min(0),
      /** Of the disk, or of what the outbox may use of it, whichever is nearer its end. */
      usedPercent: z.int().min(0).max(100).optional(),
      outboxBytes: z.int().min(0).optional(),
      /** full: readings are refused and stay in the memory of their devices. */
      alarm: z.enum(['none', 'filling', 'nearly-full', 'full']).optional(),
    })
    .optional(),
})
export type HubHealth = z.infer<typeof hubHealthSchema>

/** `v1/hubs/<hub>/devices/<device>`, retained: a spot-check device has a last seen, not an online. */
export const deviceStateSchema = z.strictObject({
  driver: z.string(),
  model: z.string().optional(),
  firmware: z.string().optional(),
  batteryPercent: z.int().min(0).max(100).optional(),
  lastSeen: utc.optional(),
  lastReading: utc.optional(),
  clockOffsetMs: z.int().optional(),
  problem: z.string().optional(),
})
export type DeviceState = z.infer<typeof deviceStateSchema>

/** In the place of hub, device and driver of a reading that staff typed in: no device measured it that anybody knows. */
export const TYPED_BY_STAFF = 'typed-by-staff'

/** `v1/orgs/<org>/readings|backfill/<citizen>/<kind>`: `cursor` counts up by one in each organisation's feed. */
export const feedReadingSchema = z.strictObject({
  cursor: sequence,
  citizen: idSchema,
  hub: idSchema,
  storedAt: utc,
  reading: readingSchema,
})
export type FeedReading = z.infer<typeof feedReadingSchema>

/** `v1/heartbeat`: the alert engine is alive and has evaluated up to `evaluated` readings. */
export const heartbeatSchema = z.strictObject({ at: utc, evaluated: z.int().min(0) })
export type Heartbeat = z.infer<typeof heartbeatSchema>
