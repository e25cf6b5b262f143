import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import { Accounts } from './accounts.ts'
import { inUrl } from './address.ts'
import { openPlanWatch } from './alerts/plan/plan-watch.ts'
import { ANCHOR_EVERY_MS, anchorPath, dropAnchor } from './audit/anchor.ts'
import { auditOf } from './audit/read.ts'
import { openTrail } from './audit/trail.ts'
import { type BrokerClock, every, timestamp } from './broker-clock.ts'
import { openClinic } from './clinic/clinic.ts'
import { readPageFiles } from './clinic/page-files.ts'
import type { BrokerConfig } from './config.ts'
import type { Heartbeat } from './contract/messages.ts'
import { topics } from './contract/topics.ts'
import { openFhirDevices } from './fhir/devices.ts'
import { figuresOf } from './figures.ts'
import { openHttp } from './http.ts'
import type { Identities } from './identity/identity.ts'
import { recordEvent } from './identity/technical-events.ts'
import { Ingest } from './ingest.ts'
import { addHubRoutes } from './installations/hub-routes.ts'
import { openInstallations } from './installations/installations.ts'
import { type Log, rarely } from './log.ts'
import { openMqttBroker } from './mqtt-broker.ts'
import { notifyMetrics } from './notify/figures.ts'
import { openNotification } from './notify/open.ts'
import { journalPath } from './provision.ts'
import { hubPace } from './publish-rate.ts'
import { Publisher } from './publisher.ts'
import { openRegistry } from './registry.ts'
import { openAlertReplay } from './replay/alerts.ts'
import { openReplay } from './replay/replay.ts'
import { releaseAlerts } from './rights/release-alerts.ts'
import type { ProviderConfig } from './sign-in/identity-provider.ts'
import { openSignIn } from './sign-in/sign-in.ts'
import { openEmbedded } from './store/embedded.ts'
import { followJournal } from './store/follower.ts'
import { openJournal } from './store/journal.ts'
import { readingsOf } from './store/readings.ts'

/** The broker as one piece: journal, ingest, publisher, MQTT and HTTP, in the order in which they need one another. */

/** A subscriber that misses three heartbeats should look; also how soon a changed grant takes effect. */
const HEARTBEAT_MS = 5_000
/** How soon a revocation by the command line takes effect, at most twice this. */
const RECHECK_MS = 400
/** Certificates live for months. */
const TEND_MS = 3600_000
/** How soon a page hears of what another process or a person changed; commits of readings wake it themselves. */
const CHANGES_MS = 100
/** A message takes well under a millisecond; this long means that publishing hangs. */
const PUBLISH_STUCK_MS = 10_000

export interface Broker {
  readonly mqttUrl: string
  readonly httpUrl: string
  /** Resolves when the journal's file can't be trusted under this process any more: nothing is stored until a new one. */
  readonly broken: Promise<PreCareError>
  /** MQTT over TLS, and where hubs enrol; when the configuration has `tls`. */
  readonly tlsUrl?: string | undefined
  readonly enrolUrl?: string
  /** Takes no more, finishes what is in hand, closes everything. Everything stored and not published follows at the next start. */
  close(): Promise<void>
}

/** @throws PreCareError when the journal can't be opened or an address can't be listened on; then nothing is left open */
export async function openBroker(config: BrokerConfig, clock: BrokerClock, log: Log): Promise<Broker> {
  const closers: (() => void | Promise<void>)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    return { ...(await open(config, clock, log, (closer) => closers.push(closer))), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function open(
  config: BrokerConfig,
  clock: BrokerClock,
  log: Log,
  atClose: (closer: () => void | Promise<void>) => void,
): Promise<Omit<Broker, 'close'>> {
  const broken = Promise.withResolvers<PreCareError>()
  const journal = openJournal(journalPath(config.dataDir), broken.resolve)
  atClose(() => journal.close())
  const accounts = new Accounts(journal.database, clock)
  const registry = openRegistry(journal)
  const notifier = openNotification({ journal, registry, clock, log })
  atClose(() => notifier.close())
  // Certificates take a library of 22 MB: a broker on one machine alone does without.
  const identities = config.tls && (await openIdentitiesOf(config.tls))
  const audit = openTrail(journal, clock)
  const anchor = () => {
    const dropped = dropAnchor(journal, anchorPath(config.dataDir), clock.now())
    if (dropped !== undefined) log.info('audit-anchor', { count: dropped.position, hash: dropped.hash })
  }
  atClose(anchor)

  const clinic = openClinic({ journal, registry, clock, audit, log, hub: (hub) => mqtt.states.hub(hub) })
  const publisher: Publisher = new Publisher({
    send: (message) => mqtt.publish(message),
    crowded: () => mqtt.crowded(),
    clock,
    onError: (error, lane) => log.error('publish-failed', { channel: lane, reason: messageOf(error) }),
  })
  const ingest: Ingest = new Ingest({
    journal,
    registry,
    clock,
    log,
    publish: (messages) => publisher.enqueue(messages),
    wake: () => {
      publisher.wake()
      notifier.wake()
      clinic.changes.wake()
    },
  })
  const slowing = new AbortController()
  const warn = rarely(log, clock)
  let accepting = 0
  const mqtt = await openMqttBroker({
    ...config.mqtt,
    ...(config.tls &&
      identities && {
        tls: { host: config.tls.host, port: config.tls.mqttPort, identity: identities.tls() },
        certificates: identities.certificates,
      }),
    // Once an hour for each: the fleet's page shows it, and metrics count it.
    onClone: (subject) => {
      const occasion = timestamp(clock).slice(0, 13)
      recordEvent(journal, clock, { kind: 'clone-suspected', subject, occasion })
    },
    accounts,
    clock,
    log,
    pace: hubPace({ clock, signal: slowing.signal, onSlowed: (hub, ms) => warn('hub-slowed', { hub, ms }) }),
    // A hub that outruns its own receipts waits for its PUBACK.
    accept: async (hub, payload) => {
      accepting += 1
      await ingest.accept(hub, payload).finally(() => {
        accepting -= 1
      })
      await publisher.below()
    },
  })
  // Closed from the outside in: no new readings, the last commit, the message in hand, then the connections.
  atClose(() => mqtt.close())
  atClose(() => slowing.abort(new PreCareError('store-failed', 'the broker is stopping')))
  atClose(() => publisher.close())
  atClose(() => ingest.close())
  publisher.follow(releaseAlerts(ingest.alerts, { journal, registry, clock, audit, log }))
  publisher.follow(ingest.feeds)

  const series = config.influx === undefined ? openEmbedded(journal) : await openInfluxAt(config.influx)
  const following = new AbortController()
  const follower = followJournal({ journal, series, clock, log, busy: () => accepting > 0 }, following.signal)
  atClose(() => series.close())
  atClose(() => {
    following.abort(new PreCareError('time-series-unavailable', 'the broker is stopping'))
    return follower.done
  })

  const figures = figuresOf({ ingest, mqtt, publisher, follower, clock })
  const signIn = openSignIn({ database: journal.database, clock, audit })
  const wanted = config.identityProvider
  const provider = wanted && (await openProvider({ ...wanted, plainText: wanted.issuer.startsWith('http:') }))
  const http = await openHttp({
    ...config.http,
    accounts,
    replay: openReplay(journal, registry, clock),
    alerts: openAlertReplay(journal, registry, clock),
    devices: openFhirDevices(journal, registry, clock, (hub, device) => mqtt.states.device(hub, device)),
    database: journal.database,
    registry,
    audit,
    clock,
    plainTextAllowed: false,
    signIn,
    ...(provider && { provider }),
    current: () => {
      if (registry.isStale()) ingest.refresh()
    },
    acting: { journal, registry, clock, ingest },
    readingsOf: (...asked) => readingsOf(journal, ...asked),
    auditOf: (...asked) => auditOf(journal, ...asked),
    notReady: () => {
      if (!ingest.storing) return 'the journal takes no writes'
      return publisher.stuckForMs(clock.monotonic()) > PUBLISH_STUCK_MS ? 'publishing hangs' : undefined
    },
    metrics: () => [...figures(), ...notifyMetrics(notifier.figures())],
    deliveries: notifier,
    clinic,
    pageFiles: readPageFiles(),
    ...(config.metricsToken === undefined ? {} : { metricsToken: config.metricsToken }),
    ...(identities && { tls: identities.tls() }),
    log,
  })
  atClose(() => http.close())
  atClose(() => clinic.changes.close())
  const enrolment = config.tls && identities && (await openEnrolment(config.tls, identities))
  if (enrolment) atClose(() => enrolment.close())

  const plans = openPlanWatch({
    journal,
    registry,
    hubs: () => mqtt.states.known(),
    tell: ingest.alerts.reconcile,
    clock,
  })
  const ticking = new AbortController()
  const lookAtPlans = (): void => {
    if (ticking.signal.aborted) return
    let more = false
    try {
      ingest.commit((now) => {
        more = plans.look(now)
      })
    } catch (error) {
      plans.forget()
      log.error('plans-not-looked-at', { reason: messageOf(error) })
    }
    // A few citizens at a time: readings go in between.
    if (more) setImmediate(lookAtPlans)
  }
  const beats = every(
    clock,
    HEARTBEAT_MS,
    ticking.signal,
    () => {
      ingest.refresh()
      mqtt.endExpired()
      lookAtPlans()
      signIn.sessions.prune()
      publisher.enqueue([heartbeat(clock, ingest)])
    },
    (error) => log.error('heartbeat-failed', { reason: messageOf(error) }),
  )
  const checks = every(
    clock,
    RECHECK_MS,
    ticking.signal,
    () => {
      if (accounts.changedElsewhere()) mqtt.recheck()
    },
    (error) => log.error('recheck-failed', { reason: messageOf(error) }),
  )
  const changes = every(
    clock,
    CHANGES_MS,
    ticking.signal,
    () => clinic.changes.wake(),
    (error) => log.error('changes-failed', { reason: messageOf(error) }),
  )
  const tendIdentities = async (of: Identities): Promise<void> => {
    if (!(await of.tend())) return
    const next = of.tls()
    mqtt.changeIdentity(next)
    http.changeIdentity(next)
    enrolment?.change(next)
    log.info('certificate-renewed')
  }
  const failed = (error: unknown) => log.error('certificate-not-renewed', { reason: messageOf(error) })
  const tending =
    identities && every(clock, TEND_MS, ticking.signal, () => void tendIdentities(identities).catch(failed), failed)
  const anchors = every(clock, ANCHOR_EVERY_MS, ticking.signal, anchor, (error) =>
    log.error('audit-anchor-failed', { reason: messageOf(error) }),
  )
  atClose(async () => {
    ticking.abort(new PreCareError('store-failed', 'the broker is stopping'))
    await Promise.all([beats, checks, changes, anchors, tending])
  })
  return {
    mqttUrl: mqtt.url,
    httpUrl: http.url,
    broken: broken.promise,
    ...(enrolment && { tlsUrl: mqtt.tlsUrl, enrolUrl: enrolment.url }),
  }

  // Each of these brings a library that a broker without it does not load.
  async function openInfluxAt(settings: NonNullable<BrokerConfig['influx']>) {
    const { openInflux } = await import('./store/influx.ts')
    return openInflux(settings, clock)
  }

  async function openProvider(settings: ProviderConfig) {
    const { openIdentityProvider } = await import('./sign-in/identity-provider.ts')
    return openIdentityProvider(settings, clock, log)
  }

  async function openIdentitiesOf(tls: NonNullable<BrokerConfig['tls']>): Promise<Identities> {
    const { openIdentities } = await import('./identity/identity.ts')
    return openIdentities(config.dataDir, tls, { journal, accounts, clock, log })
  }

  async function openEnrolment(tls: NonNullable<BrokerConfig['tls']>, { authority, certificates, ...of }: Identities) {
    const { openEnrolmentHttp } = await import('./identity/enrolment-http.ts')
    return openEnrolmentHttp({
      host: tls.host,
      port: tls.enrolPort,
      identity: of.tls(),
      key: of.enrolmentKey,
      mqttUrl: () => mqttUrlOf(tls, mqtt.tlsUrl ?? ''),
      ...{ authority, certificates, journal, accounts, clock, log },
      routes: (app) =>
        addHubRoutes(app, {
          installations: openInstallations({ journal, audit, now: () => timestamp(clock) }),
          isHub: (account) => accounts.enabled(account)?.role === 'hub',
          ...{ certificates, log },
        }),
    })
  }
}

/** As a hub reaches it: under the first name, at the port that was taken. */
function mqttUrlOf({ names: [name = ''] }: NonNullable<BrokerConfig['tls']>, listening: string): string {
  return `mqtts://${inUrl(name)}:${new URL(listening).port}`
}

function heartbeat(clock: BrokerClock, ingest: Ingest) {
  let evaluated = 0
  for (const counts of ingest.counts().hubs.values()) evaluated += counts.evaluated
  const beat: Heartbeat = { at: timestamp(clock), evaluated }
  return { topic: topics.heartbeat(), payload: JSON.stringify(beat), qos: 0, retain: false, lane: 'other' } as const
}
