import type { DatabaseSync } from 'node:sqlite'
import { PreCareError } from '../../device-drivers/errors.ts'
import { type BrokerClock, timestamp } from '../broker-clock.ts'
import { hashPassword, passwordMatches, randomPassword } from '../secret.ts'
import { ROLES, type Role, type UserIdentity } from './decide.ts'

/** People of an organisation. Table `users` of the journal; their name is a column there and nowhere else. */

export interface NewUser extends UserIdentity {
  readonly displayName: string
}

function identityOf(row: Record<string, unknown>): UserIdentity {
  const role = ROLES.find((known) => known === row['role'])
  if (role === undefined) throw new PreCareError('store-corrupt', 'a user has a role that this version does not know')
  return { role: role satisfies Role, id: String(row['id']), organisation: String(row['organisation']) }
}

/** Enabled or not. */
export function findUser(db: DatabaseSync, id: string): UserIdentity | undefined {
  const row = db.prepare('SELECT id, organisation, role FROM users WHERE id = ?').get(id)
  return row === undefined ? undefined : identityOf(row)
}

/**
 * Makes a user and returns the random password, which is stored nowhere.
 * @param passwordCost log2 of scrypt's N; the usual one when absent
 * @throws PreCareError 'config-invalid' when the id is taken
 */
export async function createUser(
  db: DatabaseSync,
  clock: BrokerClock,
  user: NewUser,
  passwordCost?: number,
): Promise<string> {
  const password = randomPassword()
  const secret = await hashPassword(password, passwordCost)
  const { changes } = db
    .prepare(
      `INSERT INTO users (id, organisation, role, display_name, secret, created_at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    )
    .run(user.id, user.organisation, user.role, user.displayName, secret, timestamp(clock))
  if (Number(changes) === 0) throw new PreCareError('config-invalid', 'a user of this id exists already')
  return password
}

/** Undefined for a wrong password, a disabled and an unknown user; takes as long either way. */
export async function verifyUser(db: DatabaseSync, id: string, password: string): Promise<UserIdentity | undefined> {
  const row = db.prepare('SELECT * FROM users WHERE id = ?').get(id)
  const matches = await passwordMatches(password, String(row?.['secret'] ?? ''))
  return matches && row !== undefined && row['disabled_at'] === null ? identityOf(row) : undefined
}

/** Ends the user's password and tokens. @throws PreCareError 'config-invalid' when there is no such user */
export function disableUser(db: DatabaseSync, clock: BrokerClock, id: string): void {
  const { changes } = db.prepare('UPDATE users SET disabled_at = ? WHERE id = ?').run(timestamp(clock), id)
  if (Number(changes) === 0) throw new PreCareError('config-invalid', 'there is no user of this id')
}
