import { isQuantity, QUANTITIES } from '../../device-drivers/quantities.ts'
import { isNumber, type Kind, type Reading } from '../../device-drivers/reading.ts'
import type { AlertMessage } from '../contract/messages.ts'
import { topics } from '../contract/topics.ts'
import { organisationsFor } from '../grants.ts'
import type { Log } from '../log.ts'
import type { Outgoing, OutgoingSource } from '../outgoing.ts'
import type { Registry } from '../registry.ts'
import type { Journal } from '../store/journal.ts'
import { evaluate, isOfTheCitizen } from './evaluate.ts'
import type { Limits } from './limits.ts'

/**
 * Episodes on disk, written in the transaction that stores the reading, and the outbox from which they are published:
 * an alert is decided once, and published at least once.
 */
export interface AlertLog extends OutgoingSource {
  /** Judges a clinical reading and keeps what changed; true when it was judged. @param now ISO time of storing */
  judge(citizen: string, reading: Reading, now: string): boolean
  /**
   * Brings the retained topics into line with the grants that hold now: an organisation with a new grant gets the open
   * alerts, one without loses them. `everything` writes all open alerts anew, for a broker that has just started and
   * whose retained messages are gone. In the caller's transaction.
   */
  reconcile(now: string, everything: boolean): void
  /** Forgets what was published; in the caller's transaction. */
  end(): void
  openAlerts(): readonly AlertMessage[]
}

const parse = (text: unknown): AlertMessage => JSON.parse(String(text)) as AlertMessage

export function openAlertLog(journal: Journal, registry: Registry, log: Log): AlertLog {
  const sql = (text: string) => journal.database.prepare(text)
  const selectEvaluated = sql('SELECT newest, open_alert FROM evaluated WHERE citizen = ? AND kind = ?')
  const upsertEvaluated = sql(
    `INSERT INTO evaluated (citizen, kind, newest, open_alert) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET newest = excluded.newest, open_alert = excluded.open_alert`,
  )
  const selectAlert = sql('SELECT message FROM alerts WHERE id = ?')
  const upsertAlert = sql(
    `INSERT INTO alerts (id, citizen, kind, state, message) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET state = excluded.state, message = excluded.message`,
  )
  const insertReading = sql('INSERT INTO alert_readings (alert, revision, reading) VALUES (?, ?, ?)')
  const selectOpen = sql(`SELECT message FROM alerts WHERE state = 'open' ORDER BY id`)
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

  function limitsFor(citizen: string, reading: Reading): Map<string, Limits> {
    const found = new Map<string, Limits>()
    for (const [quantity, value] of Object.entries(reading.values)) {
      const limits = registry.limitsFor(citizen, quantity, reading.measuredAt)
      if (limits === undefined) continue
      // 50 mg/dL is no 50 mmol/L: limits hold for the unit of the quantity and are compared with no other.
      const unit = isQuantity(quantity) ? QUANTITIES[quantity].unit : undefined
      if (isNumber(value) && unit !== undefined && value.unit !== unit) {
        log.warn('limits-not-compared', { reading: reading.id, reason: `unit of ${quantity} is not ${unit}` })
        continue
      }
      found.set(quantity, limits)
    }
    return found
  }

  function send(alert: AlertMessage, organisation: string, payload: string, retain: boolean): void {
    insertOutbox.run(alert.alert, topics.orgAlert(organisation, alert.citizen, alert.alert), payload, retain ? 1 : 0)
  }

  const holdersOf = (alert: string) => selectHolders.all(alert).map((row) => String(row['organisation']))

  function hold(alert: AlertMessage, organisation: string): void {
    send(alert, organisation, JSON.stringify(alert), true)
    insertHolder.run(alert.alert, organisation)
  }

  function clear(alert: AlertMessage, organisation: string): void {
    send(alert, organisation, '', true)
    deleteHolder.run(alert.alert, organisation)
  }

  function announce(alert: AlertMessage, now: string): void {
    const granted = organisationsFor(registry.grantsOf(alert.citizen), alert.citizen, alert.kind, now)
    for (const organisation of granted) {
      if (alert.state === 'open') hold(alert, organisation)
      else send(alert, organisation, JSON.stringify(alert), false)
    }
    // Whoever holds the retained state is rid of it, granted or not.
    if (alert.state === 'closed') for (const organisation of holdersOf(alert.alert)) clear(alert, organisation)
  }

  function stateOf(citizen: string, kind: Kind): { newest: string; alert: AlertMessage | undefined } {
    const row = selectEvaluated.get(citizen, kind)
    const open = row?.['open_alert']
    const alert = typeof open === 'string' ? parse(selectAlert.get(open)?.['message']) : undefined
    return { newest: String(row?.['newest'] ?? ''), alert }
  }

  const openAlerts = () => selectOpen.all().map((row) => parse(row['message']))

  return {
    lane: 'alert',
    judge(citizen, reading, now) {
      if (!isOfTheCitizen(reading)) return false
      const limits = limitsFor(citizen, reading)
      const { newest, alert } = stateOf(citizen, reading.kind)
      if (limits.size === 0 && alert === undefined) return false
      // A clock that runs ahead must not make every later reading look overtaken.
      const at = reading.measuredAt < now ? reading.measuredAt : now
      const transition = evaluate(alert, { citizen, reading, limits, overtaken: at < newest })
      let open = alert
      if (transition.type !== 'none') {
        const changed = transition.alert
        upsertAlert.run(changed.alert, citizen, reading.kind, changed.state, JSON.stringify(changed))
        insertReading.run(changed.alert, changed.revision, reading.id)
        announce(changed, now)
        open = changed.state === 'open' ? changed : undefined
        log.info(`alert-${transition.type}`, { alert: changed.alert, reading: reading.id })
      }
      upsertEvaluated.run(citizen, reading.kind, at > newest ? at : newest, open?.alert ?? null)
      return true
    },
    reconcile(now, everything) {
      for (const alert of openAlerts()) {
        const granted = new Set(organisationsFor(registry.grantsOf(alert.citizen), alert.citizen, alert.kind, now))
        const holders = new Set(holdersOf(alert.alert))
        if (everything) deleteSuperseded.run(alert.alert)
        for (const organisation of granted) if (everything || !holders.has(organisation)) hold(alert, organisation)
        for (const organisation of holders) if (!granted.has(organisation)) clear(alert, organisation)
      }
    },
    next(limit) {
      const rows = selectOutbox.all(handedOut, limit)
      return rows.map((row): Outgoing => {
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
    end() {
      if (published > 0) deletePublished.run(published)
      published = 0
    },
    openAlerts,
  }
}
