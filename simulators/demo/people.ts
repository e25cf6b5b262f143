import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { Secret, TOTP } from 'otpauth'

/**
 * The people of the demo, who sign in to the clinic's page. Their passwords and second factors lie in a file beside the
 * data (0600): a real person has the second factor on a telephone and nowhere else.
 */

export interface DemoPerson {
  readonly user: string
  readonly password: string
  /** Of the authenticator, base 32. */
  readonly secret: string
}

export interface PeopleFile {
  /** Of the page. */
  readonly url: string
  readonly people: readonly DemoPerson[]
}

const ROLES = ['nurse', 'physician', 'technician'] as const

/** For the registry document, one person of each role. */
export const usersOf = (organisation: string) =>
  ROLES.map((role) => ({ id: `${role}-0001`, organisation, role, displayName: `Demo ${role}` }))

/** RFC 6238, 5.2. */
const PERIOD_MS = 30_000

const totp = (secret: string): TOTP => new TOTP({ secret: Secret.fromBase32(secret) })

/** The code that the authenticator shows. Each is good for one sign-in. @param now ms since 1970 */
export const codeOf = ({ secret }: DemoPerson, now: number): string => totp(secret).generate({ timestamp: now })

/** Signs in for the first time, which makes the second factor. @throws Error naming the call that the broker refused */
async function withFactor(url: string, user: string, password: string, now: () => number): Promise<DemoPerson> {
  let cookie = ''
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!answer.ok) throw new Error(`${user}: ${method} ${path} was answered ${answer.status}`)
    cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
    return (await answer.json()) as T
  }
  await call('POST', '/v1/session', { user, password })
  const { secret } = await call<{ secret: string }>('POST', '/v1/session/factor')
  const person = { user, password, secret }
  // Of the half minute before, which is still taken: the one of now stays for the first sign-in.
  await call('PUT', '/v1/session/factor', { code: codeOf(person, now() - PERIOD_MS) })
  return person
}

/**
 * Everybody who can sign in: those of an earlier run, and those who have just got a password.
 * @param passwords of new users, by id
 */
export async function demoPeople(
  path: string,
  url: string,
  passwords: Readonly<Record<string, string>>,
  now: () => number,
): Promise<PeopleFile> {
  const before: PeopleFile = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { url, people: [] }
  const known = before.people.filter(({ user }) => passwords[user] === undefined)
  const fresh: DemoPerson[] = []
  for (const [user, password] of Object.entries(passwords)) fresh.push(await withFactor(url, user, password, now))
  const file = { url, people: [...known, ...fresh] }
  writeFileSync(path, JSON.stringify(file, null, 2), { mode: 0o600 })
  return file
}

/** What to type, for a terminal. */
export const signInLines = ({ url, people }: PeopleFile, now: number): string[] => [
  `The clinic's page: ${url}/`,
  ...people.map((person) => `  ${person.user}  password ${person.password}  code ${codeOf(person, now)}`),
  'A code is good for one sign-in and half a minute; ask again for the next.',
]
