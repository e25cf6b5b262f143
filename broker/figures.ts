import type { BrokerClock } from './broker-clock.ts'
import type { HubHealth } from './contract/messages.ts'
import type { Ingest, IngestCounts } from './ingest.ts'
import { type Metric, metric } from './metrics.ts'
import type { MqttBroker } from './mqtt-broker.ts'
import type { Publisher } from './publisher.ts'
import type { Follower } from './store/follower.ts'

/** What the broker counts, as metrics: ids of hubs, no citizen. */

interface Parts {
  readonly ingest: Pick<Ingest, 'counts'>
  readonly mqtt: Pick<MqttBroker, 'counts' | 'states'>
  readonly publisher: Pick<Publisher, 'counts' | 'stuckForMs'>
  readonly follower: Pick<Follower, 'lag' | 'refused'>
  readonly clock: Pick<BrokerClock, 'monotonic'>
}

/** Conservation, per hub: decoded = received + what the hub still holds, received = stored + duplicate + quarantined. */
const COUNTED = [
  ['received', 'Sequence numbers that came, each once'],
  ['stored', 'Readings stored'],
  ['duplicate', 'Readings that were stored before'],
  ['quarantined', 'Readings kept in quarantine'],
  ['unkept', 'Of them, and of unreadable messages: beyond the bound of a day, counted and not kept'],
  ['resent', 'Readings that came again after a lost receipt'],
] as const satisfies readonly (readonly [keyof HubCountsOf, string])[]
type HubCountsOf = IngestCounts['hubs'] extends ReadonlyMap<string, infer Counts> ? Counts : never

export function figuresOf({ ingest, mqtt, publisher, follower, clock }: Parts): () => Metric[] {
  return () => {
    const counts = ingest.counts()
    const { connected, cut, refused, clones } = mqtt.counts()
    return [
      ...COUNTED.map(([name, help]) =>
        metric(
          `readings_${name}_total`,
          help,
          each(counts.hubs, (hub) => hub[name]),
        ),
      ),
      metric('readings_held', 'Readings stored that nobody is assigned to yet', counts.held),
      metric('sequence_missing', 'Sequence numbers below the highest that never came', missing(counts.epochs)),
      metric(
        'hub_readings_decoded_total',
        'As the hub says',
        health(mqtt, (h) => h.counts.decoded),
      ),
      metric(
        'hub_outbox_unsent',
        'Readings still on the hub, as it says',
        health(mqtt, (h) => h.outbox.unsent),
      ),
      metric(
        'hub_outbox_oldest_seconds',
        'Age of the oldest',
        health(mqtt, (h) => h.outbox.oldestUnsentS ?? 0),
      ),
      metric('hubs_online', 'Hubs whose newest state is online', mqtt.states.online),
      metric('connections', 'Hubs and clients connected', connected),
      metric('subscribers_cut_total', 'Subscribers cut because they read too slowly', cut),
      metric('connections_refused_total', 'Connections refused', refused),
      metric('clones_suspected_total', 'Connections that threw their own identity out too often', clones),
      metric('publisher_queued', 'Messages in memory that wait to be published', publisher.counts.queued),
      metric('publisher_published_total', 'Messages published', publisher.counts.published),
      metric('publisher_stuck_seconds', 'Age of the message in hand', publisher.stuckForMs(clock.monotonic()) / 1000),
      metric('feed_unpublished', 'Feed entries stored and not yet published', counts.unpublished),
      metric('alerts_open', 'Alerts open', counts.openAlerts),
      metric('ingest_waiting', 'Messages that wait for a commit', counts.waiting),
      metric('time_series_lag', 'Readings that the time-series database does not have yet', follower.lag()),
      metric('time_series_refused_total', 'Points that it can never take', follower.refused()),
      metric('journal_bytes', 'Size of the journal with its log', counts.journalBytes),
    ]
  }
}

function* each<T>(hubs: ReadonlyMap<string, T>, value: (of: T) => number): Generator<readonly [string, number]> {
  for (const [hub, of] of hubs) yield [hub, value(of)]
}

function* health(mqtt: Parts['mqtt'], value: (of: HubHealth) => number): Generator<readonly [string, number]> {
  for (const [hub, of] of mqtt.states.healths()) yield [hub, value(of)]
}

/** A hub has several epochs when its card was swapped or restored. */
function missing(epochs: IngestCounts['epochs']): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { hub, missing: count } of epochs) sums.set(hub, (sums.get(hub) ?? 0) + count)
  return sums
}
