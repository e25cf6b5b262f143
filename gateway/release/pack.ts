import { createHash, type KeyObject } from 'node:crypto'
import { createReadStream, createWriteStream, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { create } from 'tar'
import { OUTBOX_SCHEMA } from '../outbox-schema.ts'
import { signedLine } from '../update/manifest.ts'

/** The same content gives the same archive, whenever it is made. */
const NO_TIME = new Date(0)

export interface PackOptions {
  readonly version: string
  readonly oldestPredecessor: string
  /** Ed25519, private. */
  readonly key: KeyObject
  readonly out: string
}

/** Makes a signed update of everything in `folder`. Throws what the file system throws, and zod for a wrong version. */
export async function pack(folder: string, { version, oldestPredecessor, key, out }: PackOptions): Promise<void> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .filter((path) => statSync(join(folder, path)).isFile())
  const archive = `${out}.tar.gz`
  try {
    await create({ file: archive, cwd: folder, gzip: true, portable: true, mtime: NO_TIME }, files)
    const hash = createHash('sha256')
    await pipeline(createReadStream(archive), hash)
    const line = signedLine(
      {
        version,
        sha256: hash.digest('hex'),
        archiveBytes: statSync(archive).size,
        unpackedBytes: files.reduce((sum, path) => sum + statSync(join(folder, path)).size, 0),
        files: files.length,
        oldestPredecessor,
        outbox: OUTBOX_SCHEMA,
      },
      key,
    )
    const target = createWriteStream(out)
    target.write(`${line}\n`)
    await pipeline(createReadStream(archive), target)
  } finally {
    rmSync(archive, { force: true })
  }
}
