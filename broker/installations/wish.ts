import { z } from 'zod'
import { idSchema } from '../../device-drivers/reading.ts'
import { documentError, type Problem } from '../registry-document.ts'

/** What the clinic wants to stand in a home, as it writes it. */

const driver = z.string().regex(/^[a-z0-9-]{2,40}$/, 'use the id of a driver, as nonin-oximeter')
const slotSchema = z.strictObject({ slot: z.int().min(0).max(255), citizen: idSchema })

/** As the clinic writes it. Without `slots` the whole device is the citizen's. */
export const wishSchema = z.strictObject({
  installation: idSchema,
  hub: idSchema,
  citizen: idSchema,
  devices: z
    .array(z.strictObject({ id: idSchema, driver, slots: z.array(slotSchema).min(1).max(16).optional() }))
    .max(64),
})
export type InstallationWish = z.output<typeof wishSchema>

/** @throws PreCareError 'config-invalid' naming every field that is wrong */
export function parsedWish(input: unknown): InstallationWish {
  const parsed = wishSchema.safeParse(input)
  if (parsed.success) return parsed.data
  throw documentError(
    parsed.error.issues.map(({ path, message }): Problem => ({ path: path.join('.') || 'document', remedy: message })),
  )
}
