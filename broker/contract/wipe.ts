import { z } from 'zod'
import { idSchema } from '../../device-drivers/reading.ts'

/** What a hub says that it has destroyed, before it is taken back; a technician carries it to the broker. */

export const wipeReceiptSchema = z.strictObject({
  hub: idSchema,
  /** Absent when the hub did not know the time. */
  at: z.iso.datetime({ precision: 3 }).optional(),
  epoch: z.string().max(64),
  /** Sequence number of the last reading that the hub ever had. */
  lastSequence: z.int().min(0),
  /** Readings that the broker has not receipted, and that are gone with the outbox. 0 after a drain. */
  lost: z.int().min(0),
  /** Names of the files, in the data folder. */
  destroyed: z.array(z.string().max(256)).max(1_000),
  /** SHA-256 of the public key that the hub had (SubjectPublicKeyInfo), hex; absent when it had none. */
  key: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
})
export type WipeReceipt = z.infer<typeof wipeReceiptSchema>

/** The text that was signed; ECDSA P-256, SHA-256, IEEE P1363, base64. A hub without a key signs nothing. */
export const signedWipeReceiptSchema = z.strictObject({
  text: z.string().max(512 * 1024),
  signature: z.base64().max(200).optional(),
})
export type SignedWipeReceipt = z.infer<typeof signedWipeReceiptSchema>
