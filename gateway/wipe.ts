import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import type { SignedWipeReceipt, WipeReceipt } from '../broker/contract/wipe.ts'
import { PreCareError } from '../device-drivers/errors.ts'

/**
 * Takes a hub back: everything that is the citizen's or the hub's own is destroyed, and a receipt says so, signed with
 * the key before the key goes. What the broker has stays there.
 */

/** Keys and bonds first: a power cut in the middle leaves data that nobody can add to, not a hub that still speaks. */
const ORDER = [/^identity$/, /^bonds\.json/, /^outbox\.db/, /./]

/** Everything in the data folder, in the order in which it goes. */
export function toDestroy(dataDir: string): string[] {
  const names = existsSync(dataDir) ? readdirSync(dataDir) : []
  const rank = (name: string) => ORDER.findIndex((pattern) => pattern.test(name))
  return names.toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b)).map((name) => join(dataDir, name))
}

export function receiptOf(facts: WipeReceipt, privateKey: string | undefined): SignedWipeReceipt {
  if (privateKey === undefined) return { text: JSON.stringify(facts) }
  const key = createPrivateKey(privateKey)
  const der = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const text = JSON.stringify({ ...facts, key: createHash('sha256').update(der).digest('hex') })
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64')
  return { text, signature }
}

/** Before each change that can't be undone; tests cut the power there. */
export type WipeStep = (what: string) => void

/**
 * Overwrites each file once and removes it. A card may keep old copies of a sector behind its own back, so a wiped card
 * that leaves the house for good belongs in a shredder; the key in it is worth nothing once the broker has revoked it.
 *
 * @throws PreCareError 'store-failed' naming what could not be removed
 */
export function destroy(paths: readonly string[], step: WipeStep = () => undefined): void {
  for (const path of paths) {
    // A link goes, what it leads to stays.
    const is = lstatSync(path)
    if (is.isDirectory()) {
      const within = readdirSync(path).map((name) => join(path, name))
      destroy(within, step)
    } else if (is.isFile()) {
      step(`overwrite ${basename(path)}`)
      named(path, () => overwrite(path))
    }
    step(`remove ${basename(path)}`)
    named(path, () => rmSync(path, { recursive: true, force: true }))
  }
}

function named(path: string, work: () => void): void {
  try {
    work()
  } catch (error) {
    throw new PreCareError('store-failed', `${basename(path)} could not be destroyed`, { cause: error })
  }
}

const BLOCK = Buffer.alloc(64 * 1024)

function overwrite(path: string): void {
  const { size } = statSync(path)
  const file = openSync(path, 'r+')
  try {
    for (let at = 0; at < size; at += BLOCK.length) writeSync(file, BLOCK, 0, Math.min(BLOCK.length, size - at), at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
