import { z } from 'zod'
import { idSchema, KINDS } from '../../device-drivers/reading.ts'

/** `v1/orgs/<org>/alerts/<citizen>/<alert>`: what somebody is told about one citizen under one rule. */

const utc = z.iso.datetime({ precision: 3 })

/** blue: not heard or not measured. yellow: look today. red: act now. */
export const LEVELS = ['blue', 'yellow', 'red'] as const
export type Level = (typeof LEVELS)[number]

/**
 * clinical: the readings say so. missing: the citizen did not measure what the plan asks for. unwatched: nobody can
 * know, because hub, radio, device or engine are silent. digest: what late data would have said in time. technical: for
 * a technician. self-test: of the synthetic citizen by which the engine proves itself.
 */
export const CATEGORIES = ['clinical', 'missing', 'unwatched', 'digest', 'technical', 'self-test'] as const
export type Category = (typeof CATEGORIES)[number]

/** One comparison that speaks for the alert: what was measured, with what it was compared. */
export const evidenceSchema = z.strictObject({
  quantity: z.string(),
  /** Absent when the device could only say that it is beyond its own range (a glucose meter's HI or LO), or nothing came. */
  value: z.number().optional(),
  outOfRange: z.enum(['above', 'below']).optional(),
  unit: z.string().optional(),
  /** What it was compared with: a limit, a normal, an earlier value, a score. */
  limit: z.number().optional(),
  /** Which comparison, as the rule names it: alertLow, belowNormal, gain, score, slot ... */
  bound: z.string(),
  /** When the value was measured, or should have been. */
  at: utc,
  reading: z.string().optional(),
})
export type Evidence = z.infer<typeof evidenceSchema>

export const alertMessageSchema = z.strictObject({
  alert: idSchema,
  citizen: idSchema,
  category: z.enum(CATEGORIES),
  /** The rule by which it was decided: immutable once it has a version. */
  rule: z.strictObject({ id: z.string(), version: z.int().min(1), title: z.string() }),
  /** Kinds whose readings it rests on: who may have all of them may have the alert. */
  kinds: z.array(z.enum(KINDS)),
  state: z.enum(['open', 'acknowledged', 'closed', 'withdrawn']),
  level: z.enum(LEVELS),
  /** Time of measuring of the first reading of the episode. */
  openedAt: utc,
  /** When it was first told, by the broker's clock. */
  raisedAt: utc,
  /** Of the newest change, by the broker's clock. */
  updatedAt: utc,
  /** Time of measuring of the reading, or of the action, that ended it. */
  closedAt: utc.optional(),
  /** A red that has ended by itself stays until somebody has seen it: since when the values are within limits. */
  normalSince: utc.optional(),
  evidence: z.array(evidenceSchema).max(20),
  /** Of a digest: how many stretches of time it stands for; its evidence names the newest. */
  findings: z.int().min(1).optional(),
  /** Readings of this episode, oldest first; at most the last 20. */
  readings: z.array(z.string()).max(20),
  /** A doubtful reading was beyond a red limit: ask for a repeat, at the latest by this time. */
  repeatBy: utc.optional(),
  /** It opened and closed too often in a day; one alert stands for all of it. */
  unstable: z.boolean(),
  /** Why it is what it is, when that is not plain: cause of silence, reason of withdrawal. A word of the house, no free text. */
  cause: z.string().optional(),
  /**
   * `action` is free text of the person who acknowledged it. Every organisation that gets the alert reads it; one with
   * pseudonyms (research) gets it never.
   */
  acknowledged: z
    .strictObject({ by: z.string(), at: utc, action: z.string().max(500), level: z.enum(LEVELS) })
    .optional(),
  /** Nobody is called while this pause holds. */
  pausedBy: z.string().optional(),
  /** Version of the evaluator that said so (EVALUATOR_VERSION); absent in alerts from before it had one. */
  evaluator: z.int().min(1).optional(),
  /** Grows by one with every change of this alert. */
  revision: z.int().min(1),
})
export type AlertMessage = z.infer<typeof alertMessageSchema>
