import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Role } from '../../../rights/decide.ts'

/** Who is signed in, as `GET /v1/session` says. */
export interface Who {
  readonly user: string
  readonly displayName: string
  readonly organisation: string
  readonly role: Role
  /** ISO 8601 UTC: when the session ends at the latest. */
  readonly endsAt: string
  /** A second factor must be made before anything else. */
  readonly factorMissing: boolean
}

export const SessionContext = createContext<Who | undefined>(undefined)

/** @throws RangeError outside the signed-in part of the page */
export function useSession(): Who {
  const who = useContext(SessionContext)
  if (who === undefined) throw new RangeError('nobody is signed in here')
  return who
}
