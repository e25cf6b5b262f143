import { kindsOfAlert, openAlertReleases } from '../audit/alert-releases.ts'
import type { Audit } from '../audit/entry.ts'
import { parseTopic, topics } from '../contract/topics.ts'
import { systemOf } from '../grants.ts'
import type { Log } from '../log.ts'
import type { Outgoing, OutgoingSource } from '../outgoing.ts'
import type { Registry } from '../registry.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'
import { decide } from './decide.ts'
import { disguiseAlert } from './pseudonyms.ts'

/**
 * The last gate of the alerts on their way out. Each is decided once more at the moment of handing out, shown to
 * research under pseudonyms only, and in the audit before it leaves; if that cannot be written, nothing leaves, and the
 * same batch comes again.
 */

export interface ReleasePorts {
  readonly journal: Journal
  readonly registry: Registry
  readonly clock: { now(): number }
  readonly audit: Audit
  readonly log: Log
}

export function releaseAlerts(source: OutgoingSource, ports: ReleasePorts): OutgoingSource {
  const { journal, registry, clock, audit, log } = ports
  const releases = openAlertReleases(journal, audit)
  const origin = new WeakMap<readonly Outgoing[], readonly Outgoing[]>()
  /** Taken from the source and not in the audit yet. */
  let held: readonly Outgoing[] | undefined

  /** Undefined: withheld. */
  function release(message: Outgoing, at: string): Outgoing | undefined {
    const parsed = parseTopic(message.topic)
    // Below an organisation's root there is nothing else on this lane; what lies elsewhere shows no citizen.
    if (parsed?.type !== 'alert') return message.topic.startsWith('v1/orgs/') ? undefined : message
    const { org: organisation, citizen, alert } = parsed
    const pseudonym = registry.pseudonymsOf(organisation)
    const topic =
      pseudonym === undefined
        ? message.topic
        : topics.orgAlert(organisation, pseudonym('citizen', citizen), pseudonym('alert', alert))
    // Clearing shows nothing, and is what must happen when a grant has ended.
    if (message.payload.length === 0) return { ...message, topic }
    const content: unknown = JSON.parse(Buffer.from(message.payload).toString('utf8'))
    const resource = {
      type: 'citizen',
      citizen,
      kinds: kindsOfAlert(content),
      grants: registry.grantsOf(citizen),
    } as const
    const decision = decide(systemOf(organisation), 'alerts.read', resource, at)
    if (!decision.allow) {
      log.warn('alert-withheld', { alert, organisation, reason: decision.reason })
      audit({ actor: { type: 'system', id: 'feed', organisation }, action: 'alerts.withhold', citizen, subject: alert })
      return undefined
    }
    return {
      ...message,
      topic,
      payload: pseudonym === undefined ? message.payload : JSON.stringify(disguiseAlert(content, pseudonym)),
    }
  }

  return {
    lane: source.lane,
    next(limit) {
      for (;;) {
        held ??= source.next(limit)
        if (held.length === 0) {
          held = undefined
          return []
        }
        // Nearly always done with the commit already.
        releases.write()
        const at = isoTime(clock.now())
        const taken = held
        const messages = taken.flatMap((message) => release(message, at) ?? [])
        held = undefined
        if (messages.length > 0) {
          origin.set(messages, taken)
          return messages
        }
        source.published(taken)
      }
    },
    published(messages) {
      source.published(origin.get(messages) ?? messages)
    },
  }
}
