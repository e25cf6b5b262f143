import type { AedesOptions, AuthenticateError, Client, ConnectPacket } from 'aedes'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import { couldUseClientId, type Identity, mayPublish, mayUseClientId } from './access.ts'
import type { Accounts } from './accounts.ts'
import { topics } from './contract/topics.ts'
import type { LogFields } from './log.ts'
import { MAX_BYTES_OF_CLIENT, MAX_BYTES_OF_HUB } from './packet-guard.ts'

/** Who may connect, and as whom: aedes' preConnect and authenticate. */

/** CONNACK return codes (MQTT 3.1.1, 3.2.2.3). */
const REFUSAL = { identifier: 2, busy: 3, credentials: 4, rights: 5 } as const
/** `{state, session, since}` is 70 bytes. */
const MAX_WILL_BYTES = 512

interface Session {
  readonly identity: Identity
  /** Of the account when the connection was made. */
  readonly stamp: string | undefined
}

export interface ConnectionPorts {
  readonly accounts: Accounts
  /** From now on this connection may send packets up to `maxBytes`. */
  readonly admit: (client: Client, maxBytes: number) => void
  readonly onRefused: (fields: LogFields) => void
}

export interface ConnectionRules {
  readonly hooks: Pick<AedesOptions, 'preConnect' | 'authenticate'>
  /** Undefined for a connection that was never accepted. Known as long as aedes holds the client, also for its will. */
  identityOf(client: Client): Identity | undefined
  /** Closes connections whose account has changed. */
  recheck(): void
}

/**
 * aedes drops a message when one with a higher number overtook it on the way to the same subscriber (lib/client.js,
 * dedupe; moscajs/aedes#955). With a table that never remembers nothing is dropped; a subscriber with overlapping
 * filters may get a reading twice, and readings have ids.
 */
const FORGETFUL: object = new Proxy({}, { get: () => 0, set: () => true })

export function connectionRules({ accounts, admit, onRefused }: ConnectionPorts): ConnectionRules {
  const sessions = new WeakMap<Client, Session>()
  const connects = new WeakMap<Client, { readonly clientId: string; readonly will: ConnectPacket['will'] }>()
  const open = new Set<Client>()

  async function authenticate(client: Client, account: string | undefined, password: Buffer | undefined) {
    const connect = connects.get(client)
    if (account === undefined || password === undefined || connect === undefined) {
      throw refusal(REFUSAL.rights, 'anonymous')
    }
    if (!couldUseClientId(account, connect.clientId)) throw refusal(REFUSAL.identifier, 'client id is not the account')
    const stamp = accounts.stamp(account)
    const verdict = await accounts.verify(account, password.toString('utf8'))
    if (verdict === 'busy') throw refusal(REFUSAL.busy, 'too many are connecting')
    if (verdict === 'refused') throw refusal(REFUSAL.credentials, 'unknown account or wrong password')
    if (!mayUseClientId(verdict, connect.clientId)) throw refusal(REFUSAL.identifier, 'client id is not the account')
    if (!mayLeaveWill(verdict, connect.will)) throw refusal(REFUSAL.rights, 'will is not the own state')
    sessions.set(client, { identity: verdict, stamp })
    open.add(client)
    client.conn.once('close', () => open.delete(client))
    admit(client, verdict.role === 'hub' ? MAX_BYTES_OF_HUB : MAX_BYTES_OF_CLIENT)
  }

  return {
    hooks: {
      preConnect(client, packet, done) {
        if (!Reflect.has(client, 'duplicates')) {
          done(new PreCareError('config-invalid', 'this aedes keeps its duplicates elsewhere'), false)
          return
        }
        Reflect.set(client, 'duplicates', FORGETFUL)
        connects.set(client, { clientId: packet.clientId, will: packet.will })
        // No session outlives its connection: aedes would queue without bound for whoever stays away (20,000 messages
        // of 1 kB: +53 MB, measured) and restore denied filters. CONNACK says so (session present = 0); the cursor and
        // retained alerts close the gap.
        packet.clean = true
        done(null, true)
      },
      authenticate(client, account, password, done) {
        authenticate(client, account, password).then(
          () => done(null, true),
          (error: unknown) => {
            onRefused({ ...(account === undefined ? {} : { account: printable(account) }), reason: messageOf(error) })
            done(isRefusal(error) ? error : refusal(REFUSAL.busy, 'accounts cannot be read'), null)
          },
        )
      },
    },
    identityOf: (client) => sessions.get(client)?.identity,
    recheck() {
      for (const client of open) {
        const session = sessions.get(client)
        if (session !== undefined && accounts.stamp(session.identity.id) !== session.stamp) client.close()
      }
    },
  }
}

/** A hub's will is its own state and nothing else; a client has none. */
function mayLeaveWill(who: Identity, will: ConnectPacket['will']): boolean {
  if (will === undefined) return true
  if (!mayPublish(who, will.topic) || will.topic !== topics.hubState(who.id)) return false
  return (will.qos ?? 0) < 2 && Buffer.byteLength(will.payload) <= MAX_WILL_BYTES
}

function refusal(returnCode: 2 | 3 | 4 | 5, reason: string): AuthenticateError {
  return Object.assign(new PreCareError('access-denied', reason), { returnCode })
}

function isRefusal(error: unknown): error is AuthenticateError {
  return error instanceof PreCareError && 'returnCode' in error
}

/** What a stranger calls itself goes into the log only if it looks like an account. */
function printable(account: string): string {
  return /^[a-z0-9-]{4,32}$/.test(account) ? account : 'no valid id'
}
