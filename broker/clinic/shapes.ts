import { z } from 'zod'
import { ABSENT_REASONS, idSchema, KINDS, SITES } from '../../device-drivers/reading.ts'
import { PAUSE_REASONS } from '../alerts/pauses.ts'
import { CAUSES } from '../alerts/plan/verdict.ts'
import { alertMessageSchema } from '../contract/alert.ts'

/**
 * What the broker answers to who looks: the work list, a citizen, the fleet. The page (`page/`) and the routes share
 * these shapes; the page takes the types only. Everything in them has passed `decide` (broker/rights/decide.ts) for the
 * caller's organisation, kind by kind.
 */

const utc = z.iso.datetime({ precision: 3 })
/** ms since 1970 UTC: plots take numbers. */
const instant = z.int()

/** What is known of one value beside itself; any number of them. */
export const FLAGS = ['late', 'doubtful', 'typed', 'typed-by-staff', 'time-doubtful'] as const

/** The newest value of a quantity and where it comes from. */
export const latestSchema = z.strictObject({
  quantity: z.string(),
  kind: z.enum(KINDS),
  value: z.number().optional(),
  /** Why there is no number. */
  absent: z.enum(ABSENT_REASONS).optional(),
  unit: z.string(),
  decimals: z.int(),
  measuredAt: utc,
  device: idSchema,
  driver: z.string(),
  site: z.enum(SITES).optional(),
  flags: z.array(z.enum(FLAGS)),
  /** The last 14 days, oldest first, at most 30 points: enough for a line beside the value. */
  trend: z.strictObject({ at: z.array(instant), value: z.array(z.number()) }),
})
export type Latest = z.output<typeof latestSchema>

/** red and yellow: the readings say so. blue: not measured. unknown: nobody can know, the home is silent. */
export const STANDINGS = ['red', 'yellow', 'blue', 'unknown'] as const
export type Standing = (typeof STANDINGS)[number]

/** One citizen who needs somebody. */
export const workItemSchema = z.strictObject({
  citizen: idSchema,
  standing: z.enum(STANDINGS),
  /** All that speaks for it is quiet by a pause until then: shown last, called for by nobody. */
  pausedUntil: utc.optional(),
  /** Somebody does something about all of it. */
  acknowledged: z.boolean(),
  /** When the oldest of the alerts on this standing was raised. */
  since: utc,
  /** Open and acknowledged ones, worst and oldest first; no self-test, nothing for technicians. */
  alerts: z.array(alertMessageSchema),
  /** Quantities of the alerts first, then what a person looks at first of each kind; at most six. */
  latest: z.array(latestSchema),
})
export type WorkItem = z.output<typeof workItemSchema>

/** `GET /v1/work-list`: worst first (standing, not acknowledged before acknowledged, paused last, then oldest). */
export const workListSchema = z.strictObject({
  at: utc,
  /** Of the newest alert transition that is in it; what `/v1/changes` counts by. */
  cursor: z.int().min(0),
  items: z.array(workItemSchema),
  /** Citizens on the list, also beyond the first 300, by standing; paused ones apart. */
  counts: z.record(z.enum([...STANDINGS, 'paused']), z.int()),
  /** Citizens with nothing to tell. */
  calm: z.int(),
})
export type WorkList = z.output<typeof workListSchema>

/** `GET /v1/changes` (text/event-stream): data of the event `alert`; its id is the transition's cursor. */
export const changeSchema = alertMessageSchema
  .pick({ alert: true, citizen: true, category: true, level: true, state: true, revision: true, raisedAt: true })
  .extend({ /** Nobody is to be called by it: paused, or only news of an older one. */ quiet: z.boolean() })
export type Change = z.output<typeof changeSchema>

export const limitValuesSchema = z.strictObject({
  alertLow: z.number().optional(),
  warningLow: z.number().optional(),
  warningHigh: z.number().optional(),
  alertHigh: z.number().optional(),
})
export type LimitValues = z.output<typeof limitValuesSchema>

/** Who set a value, and at which level: the most particular one wins. */
export const originSchema = z.strictObject({
  level: z.enum(['template', 'stage', 'organisation', 'citizen', 'limits']),
  scope: z.string(),
  version: z.int(),
  from: utc,
  author: z.string(),
  reason: z.string(),
  reviewAt: z.string().optional(),
})
export type ShownOrigin = z.output<typeof originSchema>

/** A rule as it holds now. `rule` is ruleSchema (broker/alerts/rule.ts); absent when the levels make no valid one. */
export const shownRuleSchema = z.strictObject({
  id: z.string(),
  version: z.int(),
  title: z.string(),
  type: z.enum(['limits', 'change', 'gain', 'cumulative', 'score', 'answers']),
  quantities: z.array(z.string()),
  limits: limitValuesSchema.optional(),
  /** By path of the value: `limits.warningLow`. */
  origins: z.record(z.string(), originSchema),
  problem: z.strictObject({ path: z.string(), remedy: z.string() }).optional(),
})
export type ShownRule = z.output<typeof shownRuleSchema>

/** The person's own normal of a quantity: median of the stable days, and so far from it is still usual. */
export const normalBandSchema = z.strictObject({
  quantity: z.string(),
  median: z.number(),
  low: z.number(),
  high: z.number(),
  /** Of the first weeks. */
  enrolment: z.number().optional(),
})
export type NormalBand = z.output<typeof normalBandSchema>

export const shownPauseSchema = z.strictObject({
  id: z.string(),
  reason: z.enum(PAUSE_REASONS),
  from: utc,
  to: utc,
  includeRed: z.boolean(),
  by: z.string(),
  /** Alerts that nobody was called for because of it. */
  suppressed: z.int(),
})
export type ShownPause = z.output<typeof shownPauseSchema>

export const missedSlotSchema = z.strictObject({
  kind: z.enum(KINDS),
  opens: utc,
  due: utc,
  state: z.enum(['missed', 'unknown']),
  cause: z.enum(CAUSES),
})
export type MissedSlot = z.output<typeof missedSlotSchema>

/** A device of the citizen, as the hub last told of it (deviceStateSchema): seen and expected, never online or offline. */
export const shownDeviceSchema = z.strictObject({
  device: idSchema,
  driver: z.string(),
  hub: idSchema,
  slot: z.int().optional(),
  model: z.string().optional(),
  firmware: z.string().optional(),
  batteryPercent: z.int().optional(),
  lastSeen: utc.optional(),
  lastReading: utc.optional(),
  /** End of the first window of the plan, grace included, since it last measured; past: overdue. Absent: no plan says. */
  expectedBy: utc.optional(),
  clockOffsetMs: z.int().optional(),
  problem: z.string().optional(),
})
export type ShownDevice = z.output<typeof shownDeviceSchema>

/** A hub. unknown: not heard since the broker started. Ages are at the time of the answer. */
export const shownHubSchema = z.strictObject({
  hub: idSchema,
  state: z.enum(['online', 'offline', 'unknown']),
  since: utc.optional(),
  lastHeard: utc.optional(),
  version: z.string().optional(),
  update: z.strictObject({ state: z.enum(['on-trial', 'rolled-back']), version: z.string() }).optional(),
  clockSynced: z.boolean().optional(),
  uptimeS: z.int().optional(),
  unsent: z.int().optional(),
  oldestUnsentS: z.int().optional(),
  diskPercent: z.int().optional(),
  diskAlarm: z.enum(['none', 'filling', 'nearly-full', 'full']).optional(),
  radio: z
    .strictObject({
      state: z.enum(['starting', 'ready', 'unavailable']),
      silentForS: z.int(),
      step: z.enum(['scan', 'adapter', 'power', 'service', 'reboot']).optional(),
    })
    .optional(),
  problem: z.string().optional(),
})
export type ShownHub = z.output<typeof shownHubSchema>

export const noteSchema = z.strictObject({
  id: z.string(),
  at: utc,
  by: z.string(),
  /** As colleagues know the author; absent when the account is gone. */
  byName: z.string().optional(),
  text: z.string(),
})
export type Note = z.output<typeof noteSchema>

/** `POST /v1/handovers`: one shift to the next. */
export const handoverSchema = noteSchema.extend({
  /** Citizens on the work list then, by standing, as `counts` of the work list. */
  open: workListSchema.shape.counts,
  /** What to watch of whom; only of citizens whom the reader may see now. */
  citizens: z.array(z.strictObject({ citizen: idSchema, text: z.string() })),
})
export type Handover = z.output<typeof handoverSchema>

/** `GET /v1/handovers?limit=`: newest first. */
export const handoversSchema = z.strictObject({ items: z.array(handoverSchema) })
export type Handovers = z.output<typeof handoversSchema>

/** `GET /v1/citizens/:citizen/overview`: everything but the series. Lists newest first. */
export const overviewSchema = z.strictObject({
  at: utc,
  citizen: idSchema,
  /** What the caller may see of the citizen. */
  kinds: z.array(z.enum(KINDS)),
  watching: z.array(z.strictObject({ template: z.string(), stage: z.string().optional() })),
  latest: z.array(latestSchema),
  /** Unfinished ones, and those of the last 90 days; at most 200. */
  alerts: z.array(alertMessageSchema),
  pauses: z.array(shownPauseSchema),
  rules: z.array(shownRuleSchema),
  normals: z.array(normalBandSchema),
  /** planSchema (broker/alerts/plan/plan.ts), those that hold now or begin later. */
  plans: z.array(z.record(z.string(), z.unknown())),
  /** Of the last 30 days. */
  missed: z.array(missedSlotSchema),
  devices: z.array(shownDeviceSchema),
  hubs: z.array(shownHubSchema),
  notes: z.array(noteSchema),
})
export type Overview = z.output<typeof overviewSchema>

/** One quantity over time, as columns: point i is (at[i], value[i], flags[i], device[i]). */
export const seriesSchema = z.strictObject({
  quantity: z.string(),
  kind: z.enum(KINDS),
  unit: z.string(),
  decimals: z.int(),
  at: z.array(instant),
  /** null: the device could only say that it is out of its range; `flags` says where. */
  value: z.array(z.number().nullable()),
  /** Sum of FLAG_BITS. */
  flags: z.array(z.int()),
  /** Index into `devices`. */
  device: z.array(z.int()),
  /** Points were left out: of each stretch of time the lowest and the highest are there. */
  reduced: z.boolean(),
})
export type Series = z.output<typeof seriesSchema>

/** `flags` of a series. */
export const FLAG_BITS = {
  late: 1,
  doubtful: 2,
  typed: 4,
  'typed-by-staff': 8,
  'time-doubtful': 16,
  'above-range': 32,
  'below-range': 64,
} as const

/** `GET /v1/citizens/:citizen/series?from=&to=` (at most 400 days). */
export const seriesAnswerSchema = z.strictObject({
  from: utc,
  to: utc,
  devices: z.array(z.strictObject({ device: idSchema, driver: z.string() })),
  series: z.array(seriesSchema),
})
export type SeriesAnswer = z.output<typeof seriesAnswerSchema>

/** `GET /v1/citizens/:citizen/limits`. The ETag header stands for all of it; every change must name it (If-Match). */
export const limitsAnswerSchema = z.strictObject({
  limits: z.array(
    z.strictObject({
      quantity: z.string(),
      unit: z.string(),
      decimals: z.int(),
      /** The rule that compares with them: `limits-oxygen-saturation`. */
      rule: z.string(),
      effective: limitValuesSchema,
      /** What template, stage and organisation say without the citizen's own; absent when it is not worked out. */
      inherited: limitValuesSchema.optional(),
      /** By name of the limit. */
      origins: z.record(z.string(), originSchema),
      /** Set for this citizen and this quantity. */
      own: z.boolean(),
    }),
  ),
})
export type LimitsAnswer = z.output<typeof limitsAnswerSchema>

const trialAlertSchema = z.strictObject({
  rule: z.string(),
  level: z.string(),
  openedAt: utc,
  closedAt: utc.optional(),
})

/** `POST /v1/citizens/:citizen/limits/:quantity/dry-run`: what a draft would have said of the last weeks. */
export const dryRunAnswerSchema = z.strictObject({
  from: utc,
  to: utc,
  weeks: z.number(),
  now: z.int(),
  draft: z.int(),
  nowPerWeek: z.number(),
  draftPerWeek: z.number(),
  /** Would be told and was not. */
  added: z.array(trialAlertSchema),
  /** Was told and would not be. */
  gone: z.array(trialAlertSchema),
})
export type DryRunAnswer = z.output<typeof dryRunAnswerSchema>

/** `POST /v1/citizens/:citizen/plans/:kind/preview`: the slots of the next 28 days under a draft. */
export const planPreviewSchema = z.strictObject({
  slots: z.array(z.strictObject({ opens: utc, closes: utc, due: utc })),
})
export type PlanPreview = z.output<typeof planPreviewSchema>

/** Readings of one device and slot that are nobody's yet. */
export const heldSchema = z.strictObject({
  device: idSchema,
  hub: idSchema,
  slot: z.int().optional(),
  reason: z.enum(['device-unknown', 'device-at-other-hub', 'unassigned']),
  kinds: z.array(z.enum(KINDS)),
  count: z.int(),
  oldest: utc,
  newest: utc,
})
export type Held = z.output<typeof heldSchema>

/** `GET /v1/devices/:device/assignment`; its ETag is asked for when another's assignment is to end. */
export const assignmentsSchema = z.strictObject({
  device: idSchema,
  hub: idSchema,
  driver: z.string(),
  /** Those that hold or begin later. Without slot: the whole device; without citizen: somebody on whom there is no grant. */
  assignments: z.array(
    z.strictObject({ citizen: idSchema.optional(), slot: z.int().optional(), from: utc, to: utc.optional() }),
  ),
})
export type Assignments = z.output<typeof assignmentsSchema>

/** `PUT` of the same: whose it is now, and how many held readings become theirs. */
export const assignedSchema = assignmentsSchema.extend({ released: z.int() })
export type Assigned = z.output<typeof assignedSchema>

/** `GET /v1/fleet`: what a technician looks after; no measured value in it. Worst first. */
export const fleetSchema = z.strictObject({
  at: utc,
  hubs: z.array(
    shownHubSchema.extend({
      installation: z.strictObject({ id: z.string(), state: z.string(), revision: z.int() }).optional(),
      certificateEndsAt: utc.optional(),
      devices: z.array(shownDeviceSchema.omit({ hub: true }).extend({ assigned: z.boolean() })),
      /** Codes of what is wrong, worst first: offline, unsent, disk, radio, clock, update, device-battery ... */
      troubles: z.array(z.string()),
    }),
  ),
  held: z.array(heldSchema),
  /** Newest first, at most 100. */
  events: z.array(z.strictObject({ at: utc, kind: z.string(), subject: z.string() })),
})
export type Fleet = z.output<typeof fleetSchema>
