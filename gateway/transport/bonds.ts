import { chmodSync, existsSync, readFileSync, renameSync, statSync } from 'node:fs'
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
 * it: a power cut leaves the old or the new one. A damaged file is set aside, and the hub goes on without bonds, since
 * devices that need none must still be heard; so it does with a file, or a disk, that fails in any other way.
 */
export function openBondStore(path: string, log: TransportLog): BondStore {
  const read = readBonds(path, log)
  const bonds = new Map<string, Bond>(Object.entries(read.bonds))
  let { inTheWay } = read
  const replace = (next: ReadonlyMap<string, Bond>) => {
    try {
      if (inTheWay) renameSync(path, asideOf(path))
      inTheWay = false
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

const asideOf = (path: string): string => `${path}.damaged`

interface ReadBonds {
  readonly bonds: Readonly<Record<string, Bond>>
  /** At the path stands a file that can't be used and may hold keys: to be set aside before anything is written. */
  readonly inTheWay: boolean
}

function readBonds(path: string, log: TransportLog): ReadBonds {
  let text: string
  try {
    if (!existsSync(path)) return { bonds: {}, inTheWay: false }
    text = readFileSync(path, 'utf8')
  } catch (error) {
    // Left where it is: the card may give it at the next start.
    log.error({ file: path, code: 'store-failed', reason: messageOf(error) }, 'bond file not read')
    return { bonds: {}, inTheWay: true }
  }
  try {
    const { bonds } = fileSchema.parse(JSON.parse(text))
    closeToOthers(path, log)
    return { bonds, inTheWay: false }
  } catch (error) {
    // The parser's message may quote the file, that is keys: only its kind is logged.
    return { bonds: {}, inTheWay: !setAside(path, error instanceof Error ? error.name : 'unknown', log) }
  }
}

/** @returns false while the disk takes no writes */
function setAside(path: string, reason: string, log: TransportLog): boolean {
  const aside = asideOf(path)
  try {
    renameSync(path, aside)
  } catch (error) {
    log.error({ file: path, code: 'store-failed', reason: `${reason}; ${messageOf(error)}` }, 'bond file not set aside')
    return false
  }
  log.error({ file: aside, reason }, 'bond file set aside')
  return true
}

/** A disk that takes no writes keeps the file as open, or as closed, as it is. */
function closeToOthers(path: string, log: TransportLog): void {
  try {
    if ((statSync(path).mode & 0o777) !== OWNER_ONLY) chmodSync(path, OWNER_ONLY)
  } catch (error) {
    log.error({ file: path, code: 'store-failed', reason: messageOf(error) }, 'bond file not closed to others')
  }
}
