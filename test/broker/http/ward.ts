import type { Role } from '../../../broker/rights/decide.ts'
import { HOUSE, type House, openHouse } from './house.ts'

/** A house in which people act: who sends what, and what of it is in the audit. */

export interface Told {
  readonly status: number
  readonly etag: string | null
  readonly said: unknown
}

export interface Ward {
  readonly house: House
  /** @param match If-Match, with its quotes */
  send(
    organisation: string,
    role: Role | 'client',
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    match?: string,
  ): Promise<Told>
  /** From now on: the rows of the audit that people left. */
  changesSince(): () => readonly Record<string, unknown>[]
}

export async function openWard(document: object = HOUSE): Promise<Ward> {
  const house = await openHouse(undefined, document)
  const tokens = new Map<string, Promise<string>>()
  const tokenOf = (organisation: string, role: Role | 'client') => {
    const key = `${role}-${organisation}`
    const token = tokens.get(key) ?? house.token(organisation, role)
    tokens.set(key, token)
    return token
  }
  return {
    house,
    async send(organisation, role, method, path, body, match) {
      const answer = await house.get(path, await tokenOf(organisation, role), {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(match === undefined ? {} : { 'if-match': match }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: answer.status, etag: answer.headers.get('etag'), said: await answer.json() }
    },
    changesSince() {
      const known = house.auditRows().length
      return () =>
        house
          .auditRows()
          .slice(known)
          .filter((row) => row['actor_type'] !== 'system')
    },
  }
}
