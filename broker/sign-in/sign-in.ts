import type { DatabaseSync } from 'node:sqlite'
import type { Audit } from '../audit/entry.ts'
import type { UserIdentity } from '../rights/decide.ts'
import { verifyUser } from '../rights/users.ts'
import { type Attempts, openAttempts } from './attempts.ts'
import { keyUri, newSecret, stepOf } from './second-factor.ts'
import { type Factor, openSessions, type Sessions } from './sessions.ts'

/** People sign in: with a password and, once they have one, the code of their authenticator; or through an identity provider. */

export interface SignedIn {
  readonly user: UserIdentity
  readonly displayName: string
  readonly cookie: string
  readonly endsAt: string
  /** The user has no second factor yet and must make one before anything else. */
  readonly factorMissing: boolean
}

/** wrong: user, password or code, and nobody learns which. code: the password is right and a code is asked for. */
export type SignInAnswer = SignedIn | 'wrong' | 'code' | 'too-many' | 'busy'

export interface SignInPorts {
  readonly database: DatabaseSync
  readonly clock: { now(): number; monotonic(): number }
  readonly audit: Audit
}

export interface SignIn {
  readonly sessions: Sessions
  withPassword(user: string, password: string, code: string | undefined, address: string): Promise<SignInAnswer>
  /** For a user whom the identity provider named. Undefined when nobody of ours has this subject. */
  withSubject(issuer: string, subject: string): SignedIn | undefined
  /** A secret for the user's authenticator, in force once {@link confirmFactor} has seen a code; undefined when there is one. */
  offerFactor(user: UserIdentity): { readonly secret: string; readonly uri: string } | undefined
  /** A session of its own for who has just got a second factor; undefined for a wrong code. */
  confirmFactor(user: UserIdentity, code: string): SignedIn | undefined
  displayName(user: string): string
  signOut(user: UserIdentity, cookie: string): void
}

/** Each takes 80 ms of a thread and 32 MB (secret.ts). */
const MAX_VERIFYING = 4

export function openSignIn({ database, clock, audit }: SignInPorts): SignIn {
  const sessions = openSessions(database, clock)
  const attempts: Attempts = openAttempts(clock)
  const selectFactor = database.prepare('SELECT secret, step, confirmed_at FROM second_factors WHERE user = ?')
  const putFactor = database.prepare(
    `INSERT INTO second_factors (user, secret, step, confirmed_at) VALUES (?, ?, 0, NULL)
     ON CONFLICT DO UPDATE SET secret = excluded.secret, step = 0 WHERE confirmed_at IS NULL`,
  )
  // Atomic: of two requests with the same code one changes a row.
  const useStep = database.prepare(
    'UPDATE second_factors SET step = ?2, confirmed_at = coalesce(confirmed_at, ?3) WHERE user = ?1 AND step < ?2',
  )
  const selectName = database.prepare('SELECT display_name FROM users WHERE id = ?')
  const selectSubject = database.prepare(
    `SELECT u.id FROM user_subjects s JOIN users u ON u.id = s.user
     WHERE s.issuer = ? AND s.subject = ? AND u.disabled_at IS NULL`,
  )
  const selectUser = database.prepare('SELECT id, organisation, role FROM users WHERE id = ?')
  let verifying = 0

  const displayName = (user: string): string => String(selectName.get(user)?.['display_name'] ?? user)

  function useCode(user: string, code: string): boolean {
    const factor = selectFactor.get(user)
    const step = factor === undefined ? undefined : stepOf(String(factor['secret']), code, clock.now())
    if (step === undefined) return false
    return Number(useStep.run(user, step, new Date(clock.now()).toISOString()).changes) > 0
  }

  function begin(user: UserIdentity, factor: Factor): SignedIn {
    const { cookie, endsAt } = sessions.begin(user.id, factor)
    const { id, organisation, role } = user
    audit({ actor: { type: 'user', id, organisation, role }, action: 'session.begin', subject: factor })
    return { user, displayName: displayName(user.id), cookie, endsAt, factorMissing: factor === 'password' }
  }

  return {
    sessions,
    displayName,
    async withPassword(id, password, code, address) {
      if (!attempts.mayTry(id, address)) return 'too-many'
      if (verifying >= MAX_VERIFYING) return 'busy'
      verifying += 1
      const user = await verifyUser(database, id, password).finally(() => {
        verifying -= 1
      })
      const wrong = () => {
        attempts.failed(id, address)
        return 'wrong' as const
      }
      if (user === undefined) return wrong()
      const confirmed = selectFactor.get(id)?.['confirmed_at'] ?? null
      if (confirmed !== null) {
        if (code === undefined) return 'code'
        if (!useCode(id, code)) return wrong()
      }
      attempts.succeeded(id)
      return begin(user, confirmed === null ? 'password' : 'totp')
    },
    withSubject(issuer, subject) {
      const id = selectSubject.get(issuer, subject)?.['id']
      const row = id === undefined ? undefined : selectUser.get(String(id))
      if (row === undefined) return undefined
      return begin(row as unknown as UserIdentity, 'oidc')
    },
    offerFactor(user) {
      if ((selectFactor.get(user.id)?.['confirmed_at'] ?? null) !== null) return undefined
      putFactor.run(user.id, newSecret())
      const secret = String(selectFactor.get(user.id)?.['secret'])
      return { secret, uri: keyUri(user.id, secret) }
    },
    confirmFactor(user, code) {
      if (selectFactor.get(user.id)?.['confirmed_at'] !== null || !useCode(user.id, code)) return undefined
      const { id, organisation, role } = user
      audit({ actor: { type: 'user', id, organisation, role }, action: 'factor.confirm' })
      sessions.endAll(id)
      return begin(user, 'totp')
    },
    signOut({ id, organisation, role }, cookie) {
      sessions.end(cookie)
      audit({ actor: { type: 'user', id, organisation, role }, action: 'session.end' })
    },
  }
}
