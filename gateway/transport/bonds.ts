import { chmodSync, readFileSync, renameSync } from 'node:fs'
import { z } from 'zod'
import { messageOf, PreCareError } from '../../device-drivers/errors.ts'
import { OWNER_ONLY, writeDurably } from '../durable-file.ts'
import type { TransportLog } from './transport-log.ts'

/** Keys of one bonded device: what LE Start Encryption needs (Core, Vol 3, Part H, 2.4.2 and 3.6.2, 3.6.3). */
const bondSchema = z.strictObject({
  ltk: z.string().regex(/^[0-9a-f]{32}$/),
  ediv: z.string().regex(/^[0-9a-f]{4}$/),
  rand: z.string().regex(/^[0-9a-f]{16}$/),
})
const fileSchema = z.strictObject({
  version: z.literal(1),
  bonds: z.record(z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/), bondSchema),
})

/** Hex, in the byte order of the air. */
export type Bond = z.infer<typeof bondSchema>

/** By address, 'aa:bb:cc:dd:ee:ff' in lower case. */
export interface BondStore {
  get(address: string): Bond | undefined
  /** On disk when it returns; throws PreCareError('store-failed') and keeps the old keys otherwise. */
  put(address: string, bond: Bond): void
  delete(address: string): void
  addresses(): readonly string[]
}

/** True for hex of the right lengths: what a peer sends is not trusted. */
export function isBond(value: unknown): value is Bond {
  return bondSchema.safeParse(value).success
}

/** Forgets everything at the end of the process. */
export function memoryBonds(): BondStore {
  const bonds = new Map<string, Bond>()
  return {
    get: (address) => bonds.get(address),
    put: (address, bond) => void bonds.set(address, bond),
    delete: (address) => void bonds.delete(address),
    addresses: () => [...bonds.keys()],
  }
}

/**
 * Bonds in one small JSON file, readable by its owner only. Each change writes a new file beside it, flushes and renames
 * it: a power cut leaves the old or the new one. A damaged file is set aside and the hub goes on without bonds, since
 * devices that need none must still be heard.
 */
export function openBondStore(path: string, log: TransportLog): BondStore {
  const bonds = new Map<string, Bond>(Object.entries(readBonds(path, log)))
  const replace = (next: ReadonlyMap<string, Bond>) => {
    try {
      writeDurably(path, JSON.stringify({ version: 1, bonds: Object.fromEntries(next) }))
    } catch (error) {
      throw new PreCareError('store-failed', `bonds were not written: ${messageOf(error)}`, { cause: error })
    }
  }
  return {
    get: (address) => bonds.get(address),
    put: (address, bond) => {
      replace(new Map(bonds).set(address, bond))
      bonds.set(address, bond)
    },
    delete: (address) => {
      if (!bonds.has(address)) return
      const next = new Map(bonds)
      next.delete(address)
      replace(next)
      bonds.delete(address)
    },
    addresses: () => [...bonds.keys()],
  }
}

function readBonds(path: string, log: TransportLog): Record<string, Bond> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw new PreCareError('store-failed', `bonds cannot be read: ${messageOf(error)}`, { cause: error })
  }
  try {
    const { bonds } = fileSchema.parse(JSON.parse(text))
    chmodSync(path, OWNER_ONLY)
    return bonds
  } catch (error) {
    const aside = `${path}.damaged`
    renameSync(path, aside)
    // The parser's message may quote the file, that is keys: only its kind is logged.
    log.error({ file: aside, reason: error instanceof Error ? error.name : 'unknown' }, 'bond file set aside')
    return {}
  }
}
