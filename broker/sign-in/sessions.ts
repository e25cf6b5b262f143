import { createHash, randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { UserIdentity } from '../rights/decide.ts'
import { findUser } from '../rights/users.ts'
import { isoTime } from '../store/iso-time.ts'

/**
 * Sessions of people, on the server: the browser holds 256 random bits, the journal their hash. A session ends when it
 * is not used, when its day is over, when somebody signs out, and when the user is disabled.
 */

/** OWASP Session Management Cheat Sheet: 15 to 30 minutes for what is not trivial. A wall screen is kept in use by its page. */
export const IDLE_MS = 15 * 60_000
/** One shift. */
export const ABSOLUTE_MS = 8 * 3600_000
/** Moving `seen_at` at each call would write to the disk at each call. */
const SEEN_EVERY_MS = 60_000

const COOKIE_BYTES = 32
const COOKIE = /^[A-Za-z0-9_-]{43}$/

const hashOf = (cookie: string): string => createHash('sha256').update(cookie).digest('hex')

/** password: alone, of a user who has no second factor yet; good for making one and for nothing else. */
export type Factor = 'password' | 'totp' | 'oidc'

export interface Session {
  readonly user: UserIdentity
  readonly factor: Factor
  /** ISO 8601 UTC: when it ends at the latest. */
  readonly endsAt: string
}

export interface Sessions {
  /** A new session for a user who has proven who he is. @returns what the browser is to hold */
  begin(user: string, factor: Factor): { readonly cookie: string; readonly endsAt: string }
  /** Whose session it is now; using it keeps it. */
  find(cookie: string): Session | undefined
  /** The same without using it: for what goes on by itself while nobody may be there. */
  look(cookie: string): Session | undefined
  end(cookie: string): void
  /** All of a user, as after a changed password. */
  endAll(user: string): void
  /** Forgets those that are over. */
  prune(): void
}

/** @param clock wall time, ms since 1970 */
export function openSessions(db: DatabaseSync, clock: { now(): number }): Sessions {
  const insert = db.prepare(
    'INSERT INTO sessions (hash, user, factor, created_at, seen_at, ends_at) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const select = db.prepare(
    `SELECT s.user, s.factor, s.seen_at, s.ends_at FROM sessions s JOIN users u ON u.id = s.user
     WHERE s.hash = ? AND s.ends_at > ? AND s.seen_at > ? AND u.disabled_at IS NULL`,
  )
  const touch = db.prepare('UPDATE sessions SET seen_at = ? WHERE hash = ?')
  const remove = db.prepare('DELETE FROM sessions WHERE hash = ?')
  const removeAll = db.prepare('DELETE FROM sessions WHERE user = ?')
  const removeOver = db.prepare('DELETE FROM sessions WHERE ends_at <= ? OR seen_at <= ?')
  function look(cookie: string): (Session & { readonly seenAt: string }) | undefined {
    if (!COOKIE.test(cookie)) return undefined
    const now = clock.now()
    const row = select.get(hashOf(cookie), isoTime(now), isoTime(now - IDLE_MS))
    const user = row === undefined ? undefined : findUser(db, String(row['user']))
    if (row === undefined || user === undefined) return undefined
    const factor = String(row['factor']) as Factor
    return { user, factor, endsAt: String(row['ends_at']), seenAt: String(row['seen_at']) }
  }

  return {
    begin(user, factor) {
      const cookie = randomBytes(COOKIE_BYTES).toString('base64url')
      const now = clock.now()
      const endsAt = isoTime(now + ABSOLUTE_MS)
      insert.run(hashOf(cookie), user, factor, isoTime(now), isoTime(now), endsAt)
      return { cookie, endsAt }
    },
    find(cookie) {
      const found = look(cookie)
      if (found === undefined) return undefined
      const { seenAt, ...session } = found
      const now = clock.now()
      if (Date.parse(seenAt) + SEEN_EVERY_MS <= now) touch.run(isoTime(now), hashOf(cookie))
      return session
    },
    look,
    end: (cookie) => void remove.run(hashOf(cookie)),
    endAll: (user) => void removeAll.run(user),
    prune: () => void removeOver.run(isoTime(clock.now()), isoTime(clock.now() - IDLE_MS)),
  }
}
