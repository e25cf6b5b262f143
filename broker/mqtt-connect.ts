import type { AedesOptions, AuthenticateError, Client, ConnectPacket } from 'aedes'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import { couldUseClientId, type Identity, mayPublish, mayUseClientId } from './access.ts'
import type { Accounts } from './accounts.ts'
import type { BrokerClock } from './broker-clock.ts'
import { topics } from './contract/topics.ts'
import type { Certificates } from './identity/certificates.ts'
import { watchClones } from './identity/clones.ts'
import { type Peer, peerOf } from './identity/peer.ts'
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
  /** What it showed; absent with a password. */
  readonly certificate?: { readonly fingerprint: string; readonly endsAt: number }
  /** Its right is gone; what is still under way to it is not delivered. */
  ended: boolean
}

export interface ConnectionPorts {
  readonly accounts: Accounts
  /** From now on this connection may send packets up to `maxBytes`. */
  readonly admit: (client: Client, maxBytes: number) => void
  readonly certificates?: Certificates | undefined
  readonly clock: BrokerClock
  readonly onRefused: (fields: LogFields) => void
  readonly onClone: (account: string) => void
}

export interface ConnectionRules {
  readonly hooks: Pick<AedesOptions, 'preConnect' | 'authenticate'>
  /** Undefined for a connection that was never accepted. Known as long as aedes holds the client, also for its will. */
  identityOf(client: Client): Identity | undefined
  /** Whether messages may go to it: false from the moment its right is gone. */
  mayStillReceive(client: Client): boolean
  /** Closes connections whose account has changed, or whose certificate is revoked. */
  recheck(): void
  /** Closes connections whose certificate has ended. */
  endExpired(): void
}

/**
 * aedes drops a message when one with a higher number overtook it on the way to the same subscriber (lib/client.js,
 * dedupe; moscajs/aedes#955). With a table that never remembers nothing is dropped; a subscriber with overlapping
 * filters may get a reading twice, and readings have ids.
 */
const FORGETFUL: object = new Proxy({}, { get: () => 0, set: () => true })

export function connectionRules(ports: ConnectionPorts): ConnectionRules {
  const { accounts, certificates, clock, admit, onRefused, onClone } = ports
  const sessions = new WeakMap<Client, Session>()
  const connects = new WeakMap<Client, { readonly clientId: string; readonly will: ConnectPacket['will'] }>()
  /** By client id. */
  const open = new Map<string, Client>()
  const clones = watchClones()

  /** By its certificate where it showed one, and else by account and password: over TLS, or on this machine. */
  async function whoIs(peer: Peer, clientId: string, account: string | undefined, password: Buffer | undefined) {
    if (peer.kind === 'refused') throw refusal(REFUSAL.rights, peer.reason)
    if (peer.kind === 'known') {
      const identity = accounts.enabled(peer.account)
      if (identity === undefined) throw refusal(REFUSAL.rights, 'certificate: unknown or disabled account')
      return { identity, certificate: { fingerprint: peer.fingerprint, endsAt: peer.endsAt } }
    }
    if (account === undefined || password === undefined) throw refusal(REFUSAL.rights, 'anonymous')
    if (!couldUseClientId(account, clientId)) throw refusal(REFUSAL.identifier, 'client id is not the account')
    const verdict = await accounts.verify(account, password.toString('utf8'))
    if (verdict === 'busy') throw refusal(REFUSAL.busy, 'too many are connecting')
    if (verdict === 'refused') throw refusal(REFUSAL.credentials, 'unknown account or wrong password')
    if (verdict.role === 'hub' && peer.secure) throw refusal(REFUSAL.rights, 'a hub must show its certificate')
    return { identity: verdict }
  }

  async function authenticate(client: Client, account: string | undefined, password: Buffer | undefined) {
    const connect = connects.get(client)
    if (connect === undefined) throw refusal(REFUSAL.rights, 'anonymous')
    const { clientId } = connect
    const peer = peerOf(client.conn, certificates)
    const claimed = peer.kind === 'known' ? peer.account : account
    // Before the password is looked at: a change in between must show.
    const stamp = claimed === undefined ? undefined : accounts.stamp(claimed)
    const { identity, certificate } = await whoIs(peer, clientId, account, password)
    if (!mayUseClientId(identity, clientId)) throw refusal(REFUSAL.identifier, 'client id is not the account')
    if (!mayLeaveWill(identity, connect.will)) throw refusal(REFUSAL.rights, 'will is not the own state')
    if (certificate !== undefined) certificates?.used(certificate.fingerprint)
    if (open.has(clientId) && clones.takenOver(identity.id, clock.monotonic())) onClone(identity.id)
    sessions.set(client, { identity, stamp, ended: false, ...(certificate && { certificate }) })
    open.set(clientId, client)
    client.conn.once('close', () => {
      if (open.get(clientId) === client) open.delete(clientId)
    })
    admit(client, identity.role === 'hub' ? MAX_BYTES_OF_HUB : MAX_BYTES_OF_CLIENT)
  }

  /** Nothing that waits in its socket is sent any more. */
  function end(client: Client, session: Session): void {
    session.ended = true
    client.close()
    client.conn.destroy()
  }

  const isGood = ({ identity, stamp, certificate }: Session): boolean =>
    accounts.stamp(identity.id) === stamp &&
    (certificate === undefined || certificates?.revoked(certificate.fingerprint) === undefined)

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
    mayStillReceive: (client) => sessions.get(client)?.ended === false,
    recheck() {
      for (const client of open.values()) {
        const session = sessions.get(client)
        if (session !== undefined && !isGood(session)) end(client, session)
      }
    },
    endExpired() {
      const now = clock.now()
      for (const client of open.values()) {
        const session = sessions.get(client)
        if (session?.certificate !== undefined && session.certificate.endsAt < now) end(client, session)
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
