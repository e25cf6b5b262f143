import { createHash, type KeyObject } from 'node:crypto'
import { chmodSync, closeSync, createReadStream, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { extract, type ReadEntry } from 'tar'
import { sync } from '../durable-file.ts'
import { MAX_LINE_BYTES, type Manifest, readSignedLine, refused } from './manifest.ts'

/** Reading an update: nothing is unpacked before signature and hash are right. */

/** Code is everybody's to read: the hub's user is not the one who installs. */
const FILE_MODE = 0o644
const FOLDER_MODE = 0o755
const LINE_END = 0x0a

export interface Update {
  readonly path: string
  readonly manifest: Manifest
  /** Where the archive begins. */
  readonly start: number
}

/** @throws PreCareError 'update-refused' when the file is damaged, or not signed by `key` */
export async function openUpdate(path: string, key: KeyObject): Promise<Update> {
  const line = firstLine(path)
  const manifest = readSignedLine(line, key)
  const start = Buffer.byteLength(line) + 1
  if (statSync(path).size !== start + manifest.archiveBytes) {
    throw refused('the file is longer or shorter than its manifest says: copy it again')
  }
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { start }), hash)
  if (hash.digest('hex') !== manifest.sha256) throw refused('the archive is damaged: copy it again')
  return { path, manifest, start }
}

function firstLine(path: string): string {
  const file = openSync(path, 'r')
  try {
    const head = Buffer.alloc(MAX_LINE_BYTES)
    const length = readSync(file, head, 0, head.length, 0)
    const end = head.subarray(0, length).indexOf(LINE_END)
    if (end < 0) throw refused('this is no update: its first line does not end')
    return head.toString('utf8', 0, end)
  } finally {
    closeSync(file)
  }
}

/**
 * Unpacks into `folder`, which must be empty, and has everything on the disk when it resolves.
 *
 * @throws PreCareError 'update-refused' when an entry is neither a plain file nor a folder, or would land elsewhere
 */
export async function unpack({ path, start, manifest }: Update, folder: string): Promise<void> {
  let bytes = 0
  let files = 0
  const check = (name: string, entry: ReadEntry): boolean => {
    if (entry.type !== 'File' && entry.type !== 'Directory') throw refused(`${name} is neither a file nor a folder`)
    if (name.startsWith('/') || name.split('/').includes('..')) throw refused(`${name} would land outside`)
    bytes += entry.size
    files += entry.type === 'File' ? 1 : 0
    if (bytes > manifest.unpackedBytes || files > manifest.files) throw refused('more is packed than the manifest says')
    return true
  }
  let fault: unknown
  const filter = (name: string, entry: unknown): boolean => {
    try {
      return fault === undefined && check(name, entry as ReadEntry)
    } catch (error) {
      fault = error
      return false
    }
  }
  await pipeline(createReadStream(path, { start }), extract({ cwd: folder, strict: true, filter }))
  if (fault !== undefined) throw fault
  if (files !== manifest.files) throw refused('less is packed than the manifest says')
  settleOnDisk(folder)
}

function settleOnDisk(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) settleOnDisk(path)
    else {
      chmodSync(path, FILE_MODE)
      sync(path)
    }
  }
  chmodSync(folder, FOLDER_MODE)
  sync(folder)
}
