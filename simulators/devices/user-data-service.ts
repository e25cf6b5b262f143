import type { PeripheralLink, ServiceDefinition, SimulatedTime } from '../bluetooth/peripheral.ts'

/** User Data Service 0x181C (1.0, 3.2): users register, and prove with their code who they are. */

const OP = { register: 1, consent: 2, response: 0x20 } as const
const RESULT = { success: 1, unsupported: 2, invalid: 3, failed: 4, notAuthorised: 5 } as const
const MAX_USERS = 4
/** After the write was answered. */
const ANSWER_MS = 20

export interface UserDataService {
  readonly service: ServiceDefinition
  /** Consent codes by user index. */
  readonly users: ReadonlyMap<number, number>
  /** Somebody has given a right code on this link. */
  consented(link: PeripheralLink): boolean
}

/** @param known users from before, consent code by index */
export function createUserDataService(time: SimulatedTime, known: Readonly<Record<number, number>>): UserDataService {
  const users = new Map(Object.entries(known).map(([index, code]) => [Number(index), code]))
  let trusted: PeripheralLink | undefined

  const answered = (request: Uint8Array, link: PeripheralLink): number[] => {
    const [opCode = 0, a = 0, b = 0, c = 0] = request
    if (opCode === OP.register && request.length === 3) {
      const index = users.size + 1
      if (users.size >= MAX_USERS) return [opCode, RESULT.failed]
      users.set(index, a + b * 256)
      return [opCode, RESULT.success, index]
    }
    if (opCode === OP.consent && request.length === 4) {
      const right = users.get(a) === b + c * 256
      if (right) trusted = link
      return [opCode, right ? RESULT.success : RESULT.notAuthorised]
    }
    return [opCode, opCode === OP.register || opCode === OP.consent ? RESULT.invalid : RESULT.unsupported]
  }

  return {
    users,
    consented: (link) => trusted === link,
    service: {
      uuid: '181C',
      characteristics: [
        { uuid: '2A99', properties: ['read'], value: Uint8Array.of(1, 0, 0, 0) },
        {
          uuid: '2A9F',
          properties: ['write', 'indicate'],
          onWrite: (request, link) => {
            const answer = Uint8Array.of(OP.response, ...answered(request, link))
            // The link may be gone by then.
            time.setTimeout(() => void link.indicate('2A9F', answer).catch(() => undefined), ANSWER_MS)
          },
        },
      ],
    },
  }
}
