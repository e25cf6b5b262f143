import type { AlertMessage } from '../contract/alert.ts'
import { topics } from '../contract/topics.ts'
import { organisationsFor } from '../grants.ts'
import type { Outgoing, OutgoingSource } from '../outgoing.ts'
import type { Registry } from '../registry.ts'
import type { Journal } from '../store/journal.ts'
import { isUnfinished } from './alert-message.ts'

/**
 * The outbox from which alerts are published: decided once, published at least once. An open or acknowledged alert is
 * retained in the topic of each organisation that may have all its kinds; its end is told, then the topic cleared.
 */
export interface Publication {
  /** In the caller's transaction. @param now ISO time, for the grants */
  announce(message: AlertMessage, now: string): void
  /**
   * Brings the retained topics into line with the grants that hold now. `everything` writes all open alerts anew, for a
   * broker that has just started and whose retained messages are gone.
   */
  align(unfinished: readonly AlertMessage[], now: string, everything: boolean): void
  /** Forgets what was published; in the caller's transaction. */
  end(): void
  readonly source: OutgoingSource
}

export function openPublication(journal: Journal, registry: Pick<Registry, 'grantsOf'>): Publication {
  const sql = (text: string) => journal.database.prepare(text)
  const selectHolders = sql('SELECT organisation FROM alert_holders WHERE alert = ?')
  const insertHolder = sql('INSERT INTO alert_holders (alert, organisation) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const deleteHolder = sql('DELETE FROM alert_holders WHERE alert = ? AND organisation = ?')
  const insertOutbox = sql('INSERT INTO alert_outbox (alert, topic, payload, retain) VALUES (?, ?, ?, ?)')
  const selectOutbox = sql('SELECT id, topic, payload, retain FROM alert_outbox WHERE id > ? ORDER BY id LIMIT ?')
  const deletePublished = sql('DELETE FROM alert_outbox WHERE id <= ?')
  const deleteSuperseded = sql('DELETE FROM alert_outbox WHERE alert = ?')

  let handedOut = 0
  let published = 0
  const origin = new WeakMap<Outgoing, number>()

  function send(alert: AlertMessage, organisation: string, payload: string, retain: boolean): void {
    insertOutbox.run(alert.alert, topics.orgAlert(organisation, alert.citizen, alert.alert), payload, retain ? 1 : 0)
  }

  const holdersOf = (alert: string) => selectHolders.all(alert).map((row) => String(row['organisation']))
  const grantedFor = ({ citizen, kinds }: AlertMessage, now: string) =>
    organisationsFor(registry.grantsOf(citizen), citizen, kinds, now)

  function hold(alert: AlertMessage, organisation: string): void {
    send(alert, organisation, JSON.stringify(alert), true)
    insertHolder.run(alert.alert, organisation)
  }

  function clear(alert: AlertMessage, organisation: string): void {
    send(alert, organisation, '', true)
    deleteHolder.run(alert.alert, organisation)
  }

  return {
    announce(message, now) {
      const granted = grantedFor(message, now)
      const unfinished = isUnfinished(message)
      for (const organisation of granted) {
        if (unfinished) hold(message, organisation)
        else send(message, organisation, JSON.stringify(message), false)
      }
      // Whoever holds the retained state and may not have it, or no longer needs it, is rid of it, granted or not.
      for (const organisation of holdersOf(message.alert)) {
        if (!unfinished || !granted.includes(organisation)) clear(message, organisation)
      }
    },
    align(unfinished, now, everything) {
      for (const alert of unfinished) {
        const granted = new Set(grantedFor(alert, now))
        const holders = new Set(holdersOf(alert.alert))
        if (everything) deleteSuperseded.run(alert.alert)
        for (const organisation of granted) if (everything || !holders.has(organisation)) hold(alert, organisation)
        for (const organisation of holders) if (!granted.has(organisation)) clear(alert, organisation)
      }
    },
    end() {
      if (published > 0) deletePublished.run(published)
      published = 0
    },
    source: {
      lane: 'alert',
      next(limit) {
        return selectOutbox.all(handedOut, limit).map((row): Outgoing => {
          const message: Outgoing = {
            topic: String(row['topic']),
            payload: String(row['payload']),
            qos: 1,
            retain: row['retain'] === 1,
            lane: 'alert',
          }
          handedOut = Number(row['id'])
          origin.set(message, handedOut)
          return message
        })
      },
      published(messages) {
        for (const message of messages) published = Math.max(published, origin.get(message) ?? 0)
      },
    },
  }
}
