import { z } from 'zod'
import { PreCareError } from '../../device-drivers/errors.ts'
import { idSchema } from '../../device-drivers/reading.ts'
import { channelSchema } from '../notify/document.ts'
import { secretSchema } from '../notify/secrets.ts'

/** What the watching process needs to know; `npm run broker -- watch --config FILE`. */

/** From the evaluator's end to the message that says so; the bar of the house. */
export const BAR_S = 120
/** Of the bar, what telling may take: two attempts of 10 s. */
const TELLING_S = 20
/** Heartbeats come every 5 s (broker.ts); one that is missed is no alarm. */
const LEAST_SILENT_S = 7
/** So much longer than a round must silence last: a restart of the broker takes a few seconds, a busy minute more. */
const SLACK = 1.5

const account = z.strictObject({ account: idSchema, password: secretSchema })

const watchConfigSchema = z
  .strictObject({
    broker: z.strictObject({
      url: z.url({ protocol: /^mqtts?$/, error: 'use a URL, as mqtt://127.0.0.1:1883' }),
      /** PEM file of who signed the broker's certificate, when it is none that Node knows. */
      ca: z.string().min(1).optional(),
    }),
    /** The synthetic citizen, its device and the only organisation that may see them. */
    organisation: idSchema.default('self-test'),
    citizen: idSchema.default('self-test-citizen'),
    device: idSchema.default('self-test-device'),
    /** Sends the readings; may write below its own hub and nowhere else. */
    hub: account,
    /** Sees the alerts; may read below its own organisation and nowhere else. */
    client: account,
    /** One test alert rises and clears in this time. */
    everyS: z.number().min(0.4).max(60).default(60),
    /** A signal that was not seen for so long is late. */
    silentS: z
      .number()
      .min(LEAST_SILENT_S, `use at least ${LEAST_SILENT_S}`)
      .max(BAR_S - TELLING_S, `use at most ${BAR_S - TELLING_S}`)
      .default(BAR_S - TELLING_S),
    remindMin: z.number().min(1).max(1_440).default(30),
    language: z.enum(['da', 'en']).default('da'),
    /** Who is told, by ways of its own: not those of the process that is watched. */
    tell: z
      .array(z.strictObject({ person: idSchema, address: z.string().min(1).max(200), channel: channelSchema }))
      .max(10)
      .default([]),
    /** Is told each time that all three signals have come again: somebody who notices when that ends watches the watcher. */
    beat: channelSchema.optional(),
  })
  .refine(({ everyS, silentS }) => silentS >= everyS * SLACK, {
    path: ['silentS'],
    error: `use at least ${SLACK} times everyS, so that a restart of the broker is no alarm`,
  })
export type WatchConfig = z.output<typeof watchConfigSchema>

/** @throws PreCareError 'config-invalid' naming every wrong field and what to write instead */
export function parseWatchConfig(input: unknown): WatchConfig {
  const result = watchConfigSchema.safeParse(input)
  if (result.success) return result.data
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.map(String).join('.') || 'document'}: ${message}`,
  )
  throw new PreCareError('config-invalid', problems.join('; '))
}
