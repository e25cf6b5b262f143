import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { idSchema } from '../../device-drivers/reading.ts'
import { writeDurably } from '../durable-file.ts'

/**
 * The hub's certificate, in two slots. A new one is made in the slot that is not in use, and taken into use by one rename:
 * whenever the power goes, exactly one complete certificate is in use, and the one before it is still there.
 */

type Slot = 'a' | 'b'

const pointerSchema = z.strictObject({
  hub: idSchema,
  slot: z.enum(['a', 'b']),
  /** PEM: whom the hub trusts, and nobody else. */
  authority: z.string(),
  /** `https://host:port` where certificates are renewed. */
  origin: z.string(),
  /** Unix ms that the broker's clock has shown: it is later now. */
  seenAt: z.number(),
})
const slotSchema = z.strictObject({
  key: z.string(),
  certificate: z.string().optional(),
  /** Which code the certificate was asked for with; absent for a renewal. */
  asked: z.string().optional(),
})

export interface HubIdentity {
  readonly hub: string
  readonly slot: Slot
  readonly authority: string
  readonly origin: string
  /** PEM. */
  readonly key: string
  readonly certificate: string
  /** Unix ms. */
  readonly validFrom: number
  readonly validTo: number
  /** Unix ms: no time before this can be right. */
  readonly earliest: number
}

export const identityFolder = (dataDir: string): string => join(dataDir, 'identity')
const pointerPath = (folder: string): string => join(folder, 'hub.json')
const slotPath = (folder: string, slot: Slot): string => join(folder, `slot-${slot}.json`)
const otherThan = (slot: Slot): Slot => (slot === 'a' ? 'b' : 'a')

/** In the order in which a restored hub writes them: the one that says which slot is in use comes last. */
export const IDENTITY_FILES = ['slot-a.json', 'slot-b.json', 'hub.json'] as const

/** Tests cut the power in between. */
export type WriteFile = (path: string, content: string) => void

function read<T>(path: string, schema: z.ZodType<T>): T | undefined {
  if (!existsSync(path)) return undefined
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    // A damaged card: the other slot may be good, and what is wrong with this one helps nobody. Never quoted, it has a key.
    return undefined
  }
}

const readPointer = (folder: string) => read(pointerPath(folder), pointerSchema)

/** A slot is complete when its certificate is that of its key. */
function complete(folder: string, slot: Slot) {
  const { key, certificate } = read(slotPath(folder, slot), slotSchema) ?? {}
  if (key === undefined || certificate === undefined) return undefined
  try {
    const parsed = new X509Certificate(certificate)
    if (!createPublicKey(createPrivateKey(key)).equals(parsed.publicKey)) return undefined
    return { key, certificate, validFrom: parsed.validFromDate.getTime(), validTo: parsed.validToDate.getTime() }
  } catch {
    return undefined
  }
}

/** What the hub shows to the broker; from the other slot when the one in use is damaged. Undefined before it is enrolled. */
export function readIdentity(folder: string): HubIdentity | undefined {
  const pointer = readPointer(folder)
  if (pointer === undefined) return undefined
  for (const slot of [pointer.slot, otherThan(pointer.slot)]) {
    const found = complete(folder, slot)
    if (found === undefined) continue
    const { hub, authority, origin, seenAt } = pointer
    return { hub, slot, authority, origin, ...found, earliest: Math.max(seenAt, found.validFrom) }
  }
  return undefined
}

/** The slot that is not in use, for a new certificate. */
export const spareSlot = (folder: string): Slot => otherThan(readIdentity(folder)?.slot ?? 'b')

/**
 * The key of a certificate that is yet to come. The one that was made for the same code is used again, because the
 * broker gives its certificate to no other; so is one for a renewal that was never answered.
 * @param asked stands for the code; undefined for a renewal
 */
export function pendingKey(
  folder: string,
  slot: Slot,
  make: () => string,
  asked: string | undefined,
  write: WriteFile = writeDurably,
): string {
  const found = read(slotPath(folder, slot), slotSchema)
  const answered = found?.certificate !== undefined
  if (found !== undefined && found.asked === asked && (asked !== undefined || !answered)) return found.key
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const key = make()
  write(slotPath(folder, slot), JSON.stringify({ key, asked }))
  return key
}

export interface Received {
  readonly hub: string
  readonly certificate: string
  readonly authority: string
  readonly origin: string
  readonly seenAt: number
}

/**
 * Puts a certificate beside its key, and then into use.
 * @throws Error when the certificate is not that of the key; the one in use then stays
 */
export function takeIntoUse(folder: string, slot: Slot, received: Received, write: WriteFile = writeDurably): void {
  const { key, asked } = read(slotPath(folder, slot), slotSchema) ?? {}
  const { certificate, ...rest } = received
  if (key === undefined || !createPublicKey(createPrivateKey(key)).equals(new X509Certificate(certificate).publicKey)) {
    throw new Error('the certificate is not that of the key')
  }
  write(slotPath(folder, slot), JSON.stringify({ key, certificate, asked }))
  write(pointerPath(folder), JSON.stringify({ ...rest, slot }))
}

/** Goes back to the certificate before, when the broker refuses the one in use; false when there is none. */
export function goBack(folder: string): boolean {
  const pointer = readPointer(folder)
  if (pointer === undefined || complete(folder, otherThan(pointer.slot)) === undefined) return false
  writeDurably(pointerPath(folder), JSON.stringify({ ...pointer, slot: otherThan(pointer.slot) }))
  return true
}
