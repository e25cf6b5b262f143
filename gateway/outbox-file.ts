import { chmodSync, closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import { type AsideReason, finishSettingAside, setAside } from './outbox-aside.ts'
import { migrate } from './outbox-schema.ts'
import { renewStamp, wasPutBack } from './outbox-stamp.ts'

/**
 * Opening the outbox's file, and what is done when it is damaged, or an earlier state of itself: set aside, never deleted.
 */

/** Only the hub's own user may read readings. */
const OWNER_ONLY = 0o600
const OWNER_ONLY_FOLDER = 0o700
/** Another process (a backup, doctor) holds the file for moments only. */
const BUSY_TIMEOUT_MS = 5_000
/** The log is moved into the database at 1 MiB, so that no more than this is needed beside it on a disk that is full. */
const LOG_PAGES = 256
const LOG_BYTES = LOG_PAGES * 4_096
/** What belongs to a database of SQLite. */
const SUFFIXES = ['', '-wal', '-shm'] as const

const SQLITE_BUSY = 5
const SQLITE_IOERR = 10
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_CANTOPEN = 14
const SQLITE_NOTADB = 26
const SQLITE_IOERR_READ = SQLITE_IOERR | (1 << 8)
const SQLITE_IOERR_SHORT_READ = SQLITE_IOERR | (2 << 8)
/** What SQLite makes of EIO in the middle of a file. */
const SQLITE_IOERR_CORRUPTFS = SQLITE_IOERR | (33 << 8)
const READ_CODES: readonly unknown[] = [SQLITE_IOERR_READ, SQLITE_IOERR_SHORT_READ, SQLITE_IOERR_CORRUPTFS]

/** SQLite's primary result code of an error that `node:sqlite` threw. */
export function sqliteCode(error: unknown): number | undefined {
  const code = extendedCode(error)
  return code === undefined ? undefined : code & 0xff
}

function extendedCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code : undefined
}

/**
 * After EIO from fsync nobody knows which pages reached the disk, and a second fsync would not tell ("fsyncgate", 2018):
 * the file must be opened anew. A damaged file likewise.
 */
export function isBeyondRetry(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === SQLITE_IOERR || code === SQLITE_CORRUPT || code === SQLITE_NOTADB
}

/** The disk, or the file within its limit, has no room; nothing of the transaction happened and the file is sound. */
export function isFull(error: unknown): boolean {
  return sqliteCode(error) === SQLITE_FULL
}

/** What SQLite says when it can't make its log or its index of the log, as on a disk without a byte to spare. */
function mayBeFull(error: unknown): boolean {
  const code = sqliteCode(error)
  const system = error instanceof Error && 'code' in error ? error.code : undefined
  return code === SQLITE_FULL || code === SQLITE_IOERR || code === SQLITE_CANTOPEN || system === 'ENOSPC'
}

/**
 * Carries the log into the database and empties it. A process that ended in the middle of a commit leaves frames that
 * can be read and were never synced (an fsync that failed leaves its pages in the cache, clean): a device that sends
 * such a record again would be told "received". Each page is written anew by this, so its fsync speaks for all of them.
 *
 * @param patient waits for another process that reads the file
 * @returns false while another process reads the file
 */
export function settleLog(db: DatabaseSync, patient: boolean): boolean {
  if (!patient) db.exec('PRAGMA busy_timeout = 0')
  try {
    return db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] === 0
  } catch (error) {
    // Who reads a log that nobody has read since the last process makes its index anew, and is alone meanwhile.
    if (sqliteCode(error) === SQLITE_BUSY) return false
    throw error
  } finally {
    if (!patient) db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
  }
}

/** At opening. A disk without room for it lets the hub up all the same, which must send to make room. */
function settledNow(db: DatabaseSync): boolean {
  try {
    return settleLog(db, false)
  } catch (error) {
    if (isFull(error)) return false
    throw error
  }
}

function isDamage(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB
}

/** A sector that the card no longer gives back, or a whole disk that is gone: which of them, this does not tell. */
function isUnreadable(error: unknown): boolean {
  if (READ_CODES.includes(extendedCode(error))) return true
  return (
    error instanceof Error && 'code' in error && error.code === 'EIO' && 'syscall' in error && error.syscall === 'read'
  )
}

/** A disk that is gone takes no new file, and what is on it may come back: nothing is moved there. */
function proveDisk(path: string): void {
  const trial = `${path}.trial`
  const remove = (): void => {
    for (const suffix of SUFFIXES) rmSync(trial + suffix, { force: true })
  }
  remove()
  const made = openOwned(trial)
  if (made !== 'damaged') made.db.close()
  remove()
}

function openChecked(path: string): SoundFile | 'damaged' {
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
  try {
    // First of all: after `quick_check` SQLite says that the table is locked, until the next commit.
    const settled = settledNow(db)
    const verdict = db.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
    if (verdict !== 'ok') {
      db.close()
      return 'damaged'
    }
    // FULL: with NORMAL a power cut takes the last commits along, which a device was already told are safe.
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`)
    db.exec(`PRAGMA wal_autocheckpoint = ${LOG_PAGES}; PRAGMA journal_size_limit = ${LOG_BYTES}`)
    migrate(db)
    return { db, settled }
  } catch (error) {
    db.close()
    if (isDamage(error)) return 'damaged'
    throw error
  }
}

interface SoundFile {
  readonly db: DatabaseSync
  /** What the last process left in the log is in the database. Until then nothing may be told "received". */
  readonly settled: boolean
}

export interface OpenedFile extends SoundFile {
  /** Where a file that could not be gone on with was put. */
  readonly setAside?: { readonly path: string; readonly why: AsideReason }
}

export interface OpenFileOptions {
  /** Random; makes the name of a file set aside unique, and is the file's next stamp. */
  readonly tag: string
  /** The machine's own number, where it has one. */
  readonly machine?: string
  /** A file that can't be read was tried for long enough: it is set aside, if the disk takes a new one. */
  readonly giveUpUnreadable?: boolean
  /** Makes room on a disk that is full; false when there was none to make. */
  readonly makeRoom?: () => boolean
}

/** @throws PreCareError 'store-failed' */
export function openOutboxFile(path: string, options: OpenFileOptions): OpenedFile {
  try {
    return openOrSetAside(path, options)
  } catch (error) {
    if (mayBeFull(error) && options.makeRoom?.() === true) return openOutboxFile(path, options)
    if (error instanceof PreCareError) throw error
    throw new PreCareError('store-failed', `the outbox cannot be opened: ${messageOf(error)}`, { cause: error })
  }
}

function openOrSetAside(path: string, { tag, machine, giveUpUnreadable = false }: OpenFileOptions): OpenedFile {
  mkdirSync(dirname(path), { recursive: true, mode: OWNER_ONLY_FOLDER })
  finishSettingAside(path)
  const opened = openTrusted(path, machine, giveUpUnreadable)
  if (typeof opened !== 'string') return stamped(opened, path, machine, tag)
  if (opened === 'unreadable') proveDisk(path)
  const why = opened === 'restored' ? 'restored' : 'damaged'
  const aside = setAside(path, why, tag)
  const fresh = openOwned(path)
  if (fresh === 'damaged')
    throw new PreCareError('store-failed', 'a new outbox is damaged at once: the disk is at fault')
  return { ...stamped(fresh, path, machine, tag), setAside: { path: aside, why } }
}

/** The file, or why it can't be gone on with. */
function openTrusted(
  path: string,
  machine: string | undefined,
  giveUp: boolean,
): SoundFile | AsideReason | 'unreadable' {
  let opened: SoundFile | 'damaged' = 'damaged'
  try {
    opened = openOwned(path)
    if (opened === 'damaged') return 'damaged'
    if (!wasPutBack(opened.db, path, machine)) return opened
    opened.db.close()
    return 'restored'
  } catch (error) {
    if (opened !== 'damaged') opened.db.close()
    if (giveUp && isUnreadable(error)) return 'unreadable'
    throw error
  }
}

function openOwned(path: string): SoundFile | 'damaged' {
  closeSync(openSync(path, 'a', OWNER_ONLY))
  chmodSync(path, OWNER_ONLY)
  return openChecked(path)
}

/** A disk without room keeps the stamp it has: the hub must come up to empty itself. */
function stamped(file: SoundFile, path: string, machine: string | undefined, tag: string): SoundFile {
  try {
    if (file.settled) renewStamp(file.db, path, machine, tag)
  } catch (error) {
    if (!mayBeFull(error)) {
      file.db.close()
      throw error
    }
  }
  return file
}
