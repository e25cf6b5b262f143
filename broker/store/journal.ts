import { closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf, PreCareError } from '../../device-drivers/errors.ts'
import { MIGRATIONS } from './migrations.ts'

/** Another process (provisioning) may hold the write lock for one short transaction. */
const BUSY_TIMEOUT_MS = 5_000
/** 32 MB page cache: the hot ends of all indexes; negative means KiB (sqlite.org/pragma.html#pragma_cache_size). */
const CACHE_KIB = 32_768
/**
 * 4 MB of WAL between checkpoints: one blocks everything for 10 ms. With 16 MB it was 30 ms, with 1 MB no reading comes
 * sooner, and pages that change all the time are written to the file four times as often (`npm run bench -- alerts`).
 */
const WAL_PAGES = 1_000

/** SQLite primary result codes that speak against one row, not against the disk (sqlite.org/rescode.html). */
const ROW_FAULTS = new Set([18 /* TOOBIG */, 19 /* CONSTRAINT */, 20 /* MISMATCH */, 25 /* RANGE */])
/** CORRUPT and NOTADB. */
const CORRUPTION = new Set([11, 26])
const IOERR = 10

/** The broker's source of truth: one SQLite file, one connection, one writer at a time. */
export interface Journal {
  readonly path: string
  readonly database: DatabaseSync
  /**
   * All or nothing. Returns only when the rows are on the disk: WAL with synchronous=FULL syncs at each commit
   * (NORMAL loses acknowledged rows at a power cut, which killing the process can't show).
   * Throws 'store-failed' when the disk refuses; other errors of `work` pass through. Rolled back either way.
   * After an I/O error or damage every further one is refused: the process must end and open the file anew.
   */
  transaction<T>(work: () => T): T
  /** Size of the file and its WAL in bytes. */
  fileBytes(): number
  close(): void
}

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}

function storeError(error: unknown, doing: string): unknown {
  const code = primaryCode(error)
  if (code === undefined || ROW_FAULTS.has(code)) return error
  const kind = CORRUPTION.has(code) ? 'store-corrupt' : 'store-failed'
  return new PreCareError(kind, `${doing}: SQLite error ${code}: ${messageOf(error)}`, { cause: error })
}

/**
 * After EIO from fsync nobody knows which pages reached the disk, and the next fsync does not tell ("fsyncgate":
 * lwn.net/Articles/752063). What was refused may even be in the log's cached pages, and would be taken for stored.
 */
function isBeyondRetry(error: unknown): boolean {
  const code = primaryCode(error)
  return code === IOERR || (code !== undefined && CORRUPTION.has(code))
}

/**
 * Carries the log into the database and empties it, before anything is promised on it. A process that ended in the
 * middle of a commit leaves frames that can be read and were never synced: a hub that sends them again would be told
 * that they are stored. Each page is written anew by this, so its fsync speaks for all of them.
 */
function settle(database: DatabaseSync): void {
  const { busy } = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() ?? {}
  if (busy !== 0) throw new PreCareError('store-failed', 'another process holds the journal; try again when it is done')
}

function migrate(database: DatabaseSync): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
  if (version > MIGRATIONS.length) {
    throw new PreCareError(
      'config-invalid',
      `dataDir: the journal has schema ${version}, this version knows ${MIGRATIONS.length}; run the newer version`,
    )
  }
  if (version === MIGRATIONS.length) return
  // All at once: a file that can't be brought up to date stays as the older version left it.
  const steps = MIGRATIONS.slice(version).join(';')
  database.exec(`BEGIN IMMEDIATE; ${steps}; PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`)
}

/** Readable by its owner only; SQLite gives the WAL and its index the same mode. */
function createPrivately(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

/**
 * Opens or creates the journal and brings its schema up to date.
 * @param onBroken called once, when the file can't be trusted any more under this handle
 * @throws PreCareError 'store-failed', 'store-corrupt', or 'config-invalid' when a newer version wrote the file
 */
export function openJournal(path: string, onBroken: (error: PreCareError) => void = () => undefined): Journal {
  let database: DatabaseSync
  try {
    createPrivately(path)
    database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
  } catch (error) {
    throw new PreCareError('store-failed', `journal can't be opened: ${messageOf(error)}`, { cause: error })
  }
  try {
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -${CACHE_KIB};
       PRAGMA wal_autocheckpoint = ${WAL_PAGES}; PRAGMA temp_store = MEMORY`,
    )
    settle(database)
    migrate(database)
  } catch (error) {
    database.close()
    throw storeError(error, 'open journal')
  }

  let broken = false

  function breakAt(error: unknown): void {
    if (broken) return
    broken = true
    onBroken(new PreCareError('store-failed', `the journal must be opened anew: ${messageOf(error)}`, { cause: error }))
  }

  /** A failed COMMIT or a full disk may have ended the transaction already. */
  function undo(): void {
    try {
      if (database.isTransaction) database.exec('ROLLBACK')
    } catch (error) {
      breakAt(error)
    }
  }

  function transaction<T>(work: () => T): T {
    if (broken) throw new PreCareError('store-failed', 'the journal must be opened anew; nothing is stored until then')
    // Within another one it is a part of that, and fails with it.
    if (database.isTransaction) return work()
    try {
      database.exec('BEGIN IMMEDIATE')
      const result = work()
      database.exec('COMMIT')
      return result
    } catch (error) {
      if (isBeyondRetry(error)) breakAt(error)
      undo()
      throw storeError(error, 'transaction')
    }
  }

  return {
    path,
    database,
    transaction,
    fileBytes: () => sizeOf(path) + sizeOf(`${path}-wal`),
    close: () => database.close(),
  }
}
