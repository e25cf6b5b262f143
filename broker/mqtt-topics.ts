import type { AedesOptions, AedesPublishPacket, Client, PublishPacket } from 'aedes'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import { type Identity, mayPublish, mayReceive, maySubscribe } from './access.ts'
import { parseTopic } from './contract/topics.ts'
import type { Channel, HubStates, Origin } from './hub-states.ts'
import { accountIn, type LogFields } from './log.ts'
import type { Pace } from './publish-rate.ts'

/** Who may write and read what: aedes' authorizePublish, authorizeSubscribe and authorizeForward. */

/** More filters than any system needs; each costs memory and a look-up per message. */
const MAX_FILTERS = 64
/**
 * Where a message ends that was taken but goes to nobody: readings after ingest, a late will, a malformed state. aedes
 * knows no third way between passing a message on and cutting the connection, after which MQTT clients send the same
 * message again, for ever. Nobody can subscribe here.
 */
const NOWHERE = 'v1/nowhere'

export interface TopicPorts {
  readonly identityOf: (client: Client) => Identity | undefined
  readonly mayStillReceive: (client: Client) => boolean
  readonly accept: (hub: string, payload: Uint8Array) => Promise<void>
  /** Holds a hub back that sends too much. */
  readonly pace?: Pace | undefined
  readonly states: HubStates
  readonly clock: { now(): number }
  readonly warn: (event: string, fields?: LogFields) => void
}

type TopicHooks = Pick<AedesOptions, 'authorizePublish' | 'authorizeSubscribe' | 'authorizeForward'>

export interface TopicRules {
  readonly hooks: Required<TopicHooks>
  /** To be called when a client has unsubscribed: it may have other filters instead. */
  unsubscribed(client: Client, filters: readonly string[]): void
}

export function topicRules({ identityOf, mayStillReceive, accept, pace, states, clock, warn }: TopicPorts): TopicRules {
  const filters = new WeakMap<Client, Set<string>>()
  const stated = new WeakSet<Client>()

  /** Returns when the message may be acknowledged; throws when the connection must be cut. */
  async function publish(client: Client, packet: PublishPacket): Promise<void> {
    const who = identityOf(client)
    if (who === undefined || !mayPublish(who, packet.topic)) {
      throw new PreCareError('access-denied', `${who?.id ?? 'a stranger'} may not write this topic`)
    }
    // QoS 2 keeps state per message for nothing: receipts are the end-to-end rule.
    if (packet.qos === 2) throw new PreCareError('access-denied', `${who.id} uses QoS 2; use QoS 1`)
    if (who.role === 'hub' && !client.closed) states.heard(who.id, clock.now())
    await pace?.(who.id, packet.payload.length)
    const parsed = parseTopic(packet.topic)
    if (parsed?.type !== 'hub') {
      packet.retain = false
      return
    }
    if (parsed.channel === 'readings') {
      await accept(who.id, bytesOf(packet.payload))
      divert(packet)
      return
    }
    const verdict = states.accept(
      who.id,
      parsed.channel,
      parsed.device,
      bytesOf(packet.payload),
      origin(client, parsed.channel),
    )
    packet.retain = packet.retain && parsed.channel !== 'health'
    if (verdict === 'accepted') return
    warn(`hub-message-${verdict}`, { hub: who.id, channel: parsed.channel })
    divert(packet)
  }

  function origin(client: Client, channel: Channel): Origin {
    if (client.closed) return 'will'
    if (channel !== 'state' || stated.has(client)) return 'later'
    stated.add(client)
    return 'first'
  }

  function mayAddFilter(client: Client, filter: string): boolean {
    const known = filters.get(client) ?? new Set()
    filters.set(client, known)
    if (!known.has(filter) && known.size >= MAX_FILTERS) return false
    known.add(filter)
    return true
  }

  const hooks: Required<TopicHooks> = {
    authorizePublish(client, packet, done) {
      if (client === null) {
        // A will that aedes finds without its client: whose it was is not certain, so it goes to nobody.
        divert(packet)
        done(null)
        return
      }
      publish(client, packet).then(
        () => done(null),
        (error: unknown) => {
          warn('publish-refused', { client: accountIn(client.id), reason: messageOf(error) })
          done(error instanceof Error ? error : new Error(messageOf(error)))
        },
      )
    },
    authorizeSubscribe(client, subscription, done) {
      const who = identityOf(client)
      const granted =
        who !== undefined && maySubscribe(who, subscription.topic) && mayAddFilter(client, subscription.topic)
      if (!granted) warn('subscription-refused', { client: accountIn(client.id) })
      // null is SUBACK 0x80; an error would lock a client with a stored session out for good (measured).
      done(null, granted ? subscription : null)
    },
    authorizeForward(client: Client, packet: AedesPublishPacket) {
      const who = identityOf(client)
      return who !== undefined && mayStillReceive(client) && mayReceive(who, packet.topic) ? packet : null
    },
  }

  function unsubscribed(client: Client, gone: readonly string[]): void {
    for (const filter of gone) filters.get(client)?.delete(filter)
  }

  return { hooks, unsubscribed }
}

function divert(packet: PublishPacket): void {
  packet.topic = NOWHERE
  packet.retain = false
  packet.payload = ''
}

function bytesOf(payload: string | Buffer): Uint8Array {
  return typeof payload === 'string' ? Buffer.from(payload) : payload
}
