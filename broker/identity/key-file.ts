import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { messageOf, PreCareError } from '../../device-drivers/errors.ts'

/** Files that must be nobody else's. */

const OWNER_ONLY = 0o600
/** Group and others. */
const FOREIGN_BITS = 0o077

/**
 * The text of a private key, or undefined when there is no such file.
 * @throws PreCareError 'config-invalid' when others may read it, or when it can't be read
 */
export function readPrivate(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return undefined
  if ((found.mode & FOREIGN_BITS) !== 0) {
    const mode = (found.mode & 0o777).toString(8)
    throw new PreCareError(
      'config-invalid',
      `${path}: others may use this key (mode ${mode}); chmod 600, and replace the key if others had access`,
    )
  }
  return readText(path)
}

/** @throws PreCareError 'config-invalid' when it can't be read */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new PreCareError('config-invalid', `${path}: ${messageOf(error)}`, { cause: error })
  }
}

/** Whole or not at all, also after a power cut. The folder is made, for its owner only. */
export function writePrivate(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const next = `${path}.new`
  rmSync(next, { force: true })
  const file = openSync(next, 'wx', OWNER_ONLY)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(next, path)
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
