import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { PreCareError } from '../device-drivers/errors.ts'
import { type BackupContent, memorySchema, noteSchema, rowSchema } from './backup.ts'
import { writeDurably } from './durable-file.ts'
import { IDENTITY_FILES, identityFolder } from './identity/slots.ts'
import { type OutboxOptions, openOutbox } from './outbox.ts'
import { BELONGS_TO_FILE } from './outbox-notes.ts'
import { waitingRows } from './outbox-takeover.ts'

/** What of a hub goes into a backup, and how a hub is made of one. */

/** The two fields that say where things are; the rest was checked, or is checked when the hub starts. */
const placesSchema = z.object({
  hub: z.string(),
  dataDir: z.string(),
  broker: z.object({ passwordFile: z.string().optional() }),
})
/** What a technician has set up: devices bound, and how far a visit has come. */
const VISIT_FILES = ['devices.json', 'visit.json'] as const

const placesOf = (config: string) => placesSchema.parse(JSON.parse(config))

/** What there is to save; the hub may run meanwhile. @param configPath a configuration that was checked */
export function collectBackup(configPath: string): BackupContent {
  const folder = dirname(resolve(configPath))
  const config = readFileSync(configPath, 'utf8')
  const { hub, dataDir, broker } = placesOf(config)
  const path = broker.passwordFile
  const bonds = join(resolve(folder, dataDir), 'bonds.json')
  const identity = textsIn(identityFolder(resolve(folder, dataDir)), IDENTITY_FILES)
  const visit = textsIn(resolve(folder, dataDir), VISIT_FILES)
  const outboxPath = join(resolve(folder, dataDir), 'outbox.db')
  const db = new DatabaseSync(outboxPath, { readOnly: true })
  try {
    // One moment for all tables: the hub goes on writing.
    db.exec('BEGIN')
    const all = <T>(schema: z.ZodType<T>, sql: string): T[] =>
      db
        .prepare(sql)
        .all()
        .map((row) => schema.parse({ ...row }))
    const notes = all(noteSchema, 'SELECT name, value FROM notes')
    const unsent = all(rowSchema, `SELECT id, state, body FROM rows WHERE state IN ('held', 'queued') ORDER BY seq`)
    // Each once: two files set aside may hold the same.
    const rows = new Map(unsent.map((row) => [row.id, row]))
    for (const { id, state, body } of waitingRows(outboxPath, db)) rows.set(id, { id, state, body })
    return {
      hub,
      config,
      ...(path === undefined ? {} : { secret: { path, text: readFileSync(resolve(folder, path), 'utf8') } }),
      ...(existsSync(bonds) ? { bonds: readFileSync(bonds, 'utf8') } : {}),
      ...(Object.keys(identity).length > 0 ? { identity } : {}),
      ...(Object.keys(visit).length > 0 ? { visit } : {}),
      rows: [...rows.values()],
      memory: all(memorySchema, 'SELECT device, key, value FROM device_memory'),
      notes: notes.filter(({ name }) => !BELONGS_TO_FILE.has(name)),
    }
  } finally {
    db.close()
  }
}

function textsIn(folder: string, names: readonly string[]): Record<string, string> {
  const present = names.filter((name) => existsSync(join(folder, name)))
  return Object.fromEntries(present.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

/**
 * Makes a hub where there was none; its outbox begins a new epoch. The old hub must not run again: both would speak
 * under one name. Resolves with the number of unsent readings.
 *
 * @throws PreCareError 'config-invalid' when something is there already: nothing is ever overwritten
 */
export async function restoreBackup(
  content: BackupContent,
  configPath: string,
  options: OutboxOptions,
): Promise<number> {
  const folder = dirname(resolve(configPath))
  const { dataDir } = placesOf(content.config)
  const data = resolve(folder, dataDir)
  const outboxPath = join(data, 'outbox.db')
  const secret = content.secret && { ...content.secret, path: resolve(folder, content.secret.path) }
  for (const path of [
    configPath,
    outboxPath,
    join(data, 'bonds.json'),
    ...VISIT_FILES.map((name) => join(data, name)),
    identityFolder(data),
    ...(secret ? [secret.path] : []),
  ]) {
    if (existsSync(path))
      throw new PreCareError('config-invalid', `${path}: is there already; restore to an empty place`)
  }
  const { outbox } = openOutbox(outboxPath, options)
  try {
    await outbox.restore(content)
  } finally {
    outbox.close()
  }
  if (content.bonds !== undefined) writeDurably(join(data, 'bonds.json'), content.bonds)
  for (const name of VISIT_FILES) {
    const text = content.visit?.[name]
    if (text !== undefined) writeDurably(join(data, name), text)
  }
  for (const name of IDENTITY_FILES) {
    const text = content.identity?.[name]
    if (text === undefined) continue
    mkdirSync(identityFolder(data), { recursive: true, mode: 0o700 })
    writeDurably(join(identityFolder(data), name), text)
  }
  if (secret !== undefined) {
    mkdirSync(dirname(secret.path), { recursive: true })
    writeDurably(secret.path, secret.text)
  }
  // Last: a hub with a configuration is one that was restored in full.
  writeDurably(configPath, content.config)
  return content.rows.length
}
