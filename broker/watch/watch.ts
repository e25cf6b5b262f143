import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { type BrokerClock, every, timestamp } from '../broker-clock.ts'
import { topics } from '../contract/topics.ts'
import type { Log } from '../log.ts'
import { openChannel } from '../notify/channels.ts'
import { readSecret } from '../notify/secrets.ts'
import type { WatchConfig } from './config.ts'
import { answerOf, nextProbe, type Round, readingOf } from './probe.ts'
import { openTeller, type Teller } from './teller.ts'
import { beginWatch, judge, SIGNALS, type Signal, see, stoodStillMs, type Verdict } from './verdict.ts'

/** The watching process: makes the test alert go round, looks at what comes of it, and says when it stays away. */

/** Judged so often in a round, and at least once a second. */
const LOOKS = 20
const LONGEST_LOOK_MS = 1_000
const RECONNECT_MS = 1_000
const CONNECT_TIMEOUT_MS = 5_000
/** A broker that stands still with its sockets open is noticed by silence; this only cleans up. */
const KEEPALIVE_S = 30

export interface Watching {
  /** Resolves with the first verdict that is not 'nothing', or 'proven' when rise and clear were both seen. */
  readonly first: Promise<'proven' | 'late'>
  close(): Promise<void>
}

interface Ports {
  readonly clock: BrokerClock
  readonly log: Log
  readonly env?: NodeJS.ProcessEnv
}

/** @throws PreCareError 'config-invalid' when a secret is missing or readable by others */
export function openWatch(config: WatchConfig, { clock, log, env = process.env }: Ports): Watching {
  const channelPorts = { clock, env }
  const targets = config.tell.map(({ channel, ...to }) => ({ ...to, channel: openChannel(channel, channelPorts) }))
  const teller = openTeller(targets, config.language, clock, log)
  const beats: Teller | undefined =
    config.beat === undefined
      ? undefined
      : openTeller(
          [{ person: 'watch', address: 'beat', channel: openChannel(config.beat, channelPorts) }],
          config.language,
          clock,
          log,
        )
  const password = (role: 'hub' | 'client') => readSecret(config[role].password, `${role}.password`, env)
  const hub = connect(config, config.hub.account, password('hub'), log)
  const client = connect(config, config.client.account, password('client'), log)

  const everyMs = config.everyS * 1000
  const pace = { silentMs: config.silentS * 1000, remindMs: config.remindMin * 60_000 }
  const epoch = randomBytes(8).toString('hex')
  const proven = new Set<Signal>()
  const stop = new AbortController()
  const incidents = randomBytes(8).toString('hex')
  let watch = beginWatch(clock.monotonic())
  let round: Round | undefined
  let sequence = 0
  let beatAt = clock.monotonic()
  let settle: (verdict: 'proven' | 'late') => void = () => undefined
  const first = new Promise<'proven' | 'late'>((resolve) => {
    settle = resolve
  })

  function seen(signal: Signal): void {
    watch = see(watch, signal, clock.monotonic())
    proven.add(signal)
    if (proven.has('rise') && proven.has('clear')) settle('proven')
  }

  client.on('message', (topic, payload) => {
    if (topic === topics.heartbeat()) return seen('heartbeat')
    const answer = answerOf(round, payload)
    if (answer === undefined) return
    const ms = Math.round(clock.monotonic() - answer.round.sentAt)
    log.debug('test-alert', { reason: answer.signal, ms })
    round = answer.round
    seen(answer.signal)
  })
  // Subscribed anew with each connection: the broker keeps no sessions.
  client.on('connect', () => {
    client.subscribe([topics.heartbeat(), `${topics.orgRoot(config.organisation)}/alerts/${config.citizen}/+`], {
      qos: 1,
    })
  })

  function probe(): void {
    if (!hub.connected || !client.connected) return
    const next = nextProbe(round, everyMs, clock.monotonic(), readingId)
    if (next === undefined) return
    round = next
    sequence += 1
    const readings = [readingOf(next, config.device, timestamp(clock))]
    hub.publish(topics.hubReadings(config.hub.account), JSON.stringify({ epoch, first: sequence, readings }), {
      qos: 1,
    })
  }

  function look(): void {
    const now = clock.monotonic()
    const stood = stoodStillMs(watch, now)
    if (stood > 0) log.warn('watcher-stood-still', { ms: Math.round(stood) })
    const judged = judge(watch, pace, now)
    watch = judged.watch
    report(judged.verdict)
    if (now - beatAt >= everyMs && SIGNALS.every((signal) => watch.seen[signal] > beatAt)) {
      beatAt = now
      beats?.tell('beat', `${incidents}/${sequence}`)
    }
    probe()
  }

  function report(verdict: Verdict): void {
    if (verdict.tell === 'nothing') return
    const incident = `${incidents}/${Math.round(watch.toldAt)}`
    if (verdict.tell === 'well') {
      log.info('alerting-well', { ms: Math.round(verdict.afterMs) })
      teller.tell({ wellAfterMs: verdict.afterMs }, incident)
      return
    }
    log.error('alerting-late', { reason: verdict.late.join(' ') })
    teller.tell({ late: verdict.late }, incident)
    settle('late')
  }

  const looks = every(clock, Math.min(everyMs / LOOKS, LONGEST_LOOK_MS), stop.signal, look, (error) =>
    log.error('watch-failed', { reason: error instanceof Error ? error.message : String(error) }),
  )
  return {
    first,
    async close() {
      stop.abort()
      await looks
      await Promise.all([hub.endAsync(true), client.endAsync(true), teller.close(), beats?.close()])
    },
  }
}

function connect({ broker }: WatchConfig, account: string, password: string, log: Log): MqttClient {
  const options: IClientOptions = {
    clientId: account,
    username: account,
    password,
    clean: true,
    keepalive: KEEPALIVE_S,
    reconnectPeriod: RECONNECT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // A probe of before the outage proves nothing after it.
    queueQoSZero: false,
    ...(broker.ca === undefined ? {} : { ca: readFileSync(broker.ca) }),
  }
  const client = mqtt.connect(broker.url, options)
  client.on('connect', () => log.info('connected', { account }))
  client.on('error', (error) => log.warn('connection-failed', { account, reason: error.message }))
  return client
}

/** 160 random bits in the alphabet of reading ids (RFC 4648, base 32, in small letters). */
function readingId(): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
  return Array.from(randomBytes(32), (byte) => alphabet[byte % 32]).join('')
}
