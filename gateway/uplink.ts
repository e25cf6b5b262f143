import type { Duplex } from 'node:stream'
import { MqttClient } from 'mqtt'
import { receiptSchema } from '../broker/contract/messages.ts'
import { topics } from '../broker/contract/topics.ts'
import { isPreCareError, messageOf, PreCareError } from '../device-drivers/errors.ts'
import { backOff } from './back-off.ts'
import { type Dial, dialBroker } from './dial.ts'
import { deadline, type HubClock, pause } from './hub-clock.ts'
import { utcText } from './local-time.ts'
import { errorFields, type Log } from './log.ts'
import type { Outbox, Run } from './outbox.ts'
import { SendWindow } from './send-window.ts'
import { sparing } from './sparing.ts'
import { withDeadline } from './transport/deadline.ts'

/** Half of what a home router's address translation forgets an idle connection after, at the least. */
const KEEPALIVE_S = 30
/** A satellite or 2G line needs seconds for a TLS handshake; longer than this is no line. */
const CONNECT_TIMEOUT_MS = 30_000
/** A connection that stood this long, or brought a receipt, ends the back-off. */
const PROVEN_AFTER_MS = 10_000
/** Refused credentials need a person: the waiting starts at a minute. */
const REFUSED_ATTEMPT = 6
/** How often unanswered messages are looked at. */
const CHECK_EVERY_MS = 2_000
/** CONNACK return codes 4 and 5: bad user name or password, not authorised (MQTT 3.1.1, 3.2.2.3). */
const REFUSALS: ReadonlySet<unknown> = new Set([4, 5])

export interface UplinkOptions {
  readonly hub: string
  readonly broker: {
    readonly url: string
    /** Neither over TLS, where the hub shows its certificate. */
    readonly username?: string
    readonly password?: string
  }
  /** By default plain TCP to `broker.url`. */
  readonly dial?: Dial
  readonly outbox: Outbox
  readonly clock: HubClock
  readonly random: () => number
  readonly log: Log
  /** Retained messages of the hub besides its state, sent anew at each connection. */
  readonly retained: () => Iterable<readonly [topic: string, payload: string]>
  readonly onConnected?: () => void
  /** The broker refused the hub's credentials. */
  readonly onRefused?: () => void
  /** By default 30; a line is dead when nothing came back for one and a half of it. */
  readonly keepaliveS?: number
  /** From dialling to the broker's acceptance, and from there to its first answers; by default 30 s each. */
  readonly connectTimeoutMs?: number
}

/**
 * Carries the outbox to the broker. A new MQTT client for each connection, and no reconnecting or queueing by mqtt.js:
 * it would keep messages in memory that belong on disk (MQTT.js#607, #2015).
 */
export class Uplink {
  readonly #options: UplinkOptions
  readonly #window: SendWindow
  readonly #stop = new AbortController()
  /** Ends the waiting for the next attempt. */
  #again = new AbortController()
  #client: MqttClient | undefined
  #session = 0
  #state: 'starting' | 'online' | 'lost' | 'refused' | 'untrusted' = 'starting'
  readonly #dial: Dial
  readonly #unreadable: (error: unknown) => void
  readonly #notStored: (error: unknown) => void
  #attempt = 0
  #leaving = false
  #running: Promise<void> = Promise.resolve()

  constructor(options: UplinkOptions) {
    this.#options = options
    this.#window = new SendWindow(options.outbox)
    const { clock, log } = options
    this.#unreadable = sparing(clock, (fields) => log.error('outbox-unreadable', fields))
    this.#notStored = sparing(clock, (fields) => log.error('receipt-not-stored', fields))
    this.#dial = options.dial ?? dialBroker({ url: options.broker.url, clock: options.clock })
  }

  start(): void {
    this.#running = this.#run()
  }

  get #withinMs(): number {
    return this.#options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
  }

  get connected(): boolean {
    return this.#state === 'online'
  }

  /** Rows may wait. */
  wake(): void {
    if (this.#client === undefined || !this.connected) return
    try {
      for (let run = this.#next(); run !== undefined; run = this.#next()) this.#send(this.#client, run)
    } catch (error) {
      this.#unreadable(error)
    }
  }

  /** Now or never: nothing is kept for a later connection. */
  publish(topic: string, payload: string, options: { readonly qos: 0 | 1; readonly retain: boolean }): void {
    if (this.connected) this.#client?.publish(topic, payload, options, () => undefined)
  }

  /** Connects anew, to show another certificate; what was not receipted is sent again. */
  reconnect(): void {
    this.#attempt = 0
    this.#again.abort()
    this.#again = new AbortController()
    this.#client?.stream.destroy()
  }

  /** Says good-bye, so that no will is sent. @param withinMs then the line is cut */
  async stop(withinMs: number): Promise<void> {
    const client = this.#client
    this.#leaving = true
    if (client !== undefined && this.connected) {
      const limit = deadline(
        this.#options.clock,
        withinMs,
        this.#stop.signal,
        () => new Error('good-bye took too long'),
      )
      await new Promise<void>((resolve) => {
        limit.signal.addEventListener('abort', () => resolve(), { once: true })
        const topic = topics.hubState(this.#options.hub)
        client.publish(topic, this.#stateText('offline', true), { qos: 1, retain: true }, () => {
          client.end(false, {}, () => resolve())
        })
      })
      limit.cancel()
    }
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, random, log } = this.#options
    const { signal } = this.#stop
    while (!signal.aborted) {
      const failure = await this.#connectOnce(signal)
      if (signal.aborted || this.#leaving) return
      const refused = failure.code === 'uplink-refused'
      if (refused) {
        this.#attempt = Math.max(this.#attempt, REFUSED_ATTEMPT)
        this.#options.onRefused?.()
      }
      const state = refused ? 'refused' : failure.code === 'server-untrusted' ? 'untrusted' : 'lost'
      // Once per change: a week without internet is one line, not ten thousand.
      if (this.#state !== state) log.warn(failure.code, errorFields(failure))
      this.#state = state
      await pause(clock, backOff(this.#attempt, random), AbortSignal.any([signal, this.#again.signal]))
      this.#attempt += 1
    }
  }

  /** Resolves when the connection is over, with the reason. */
  async #connectOnce(signal: AbortSignal): Promise<PreCareError> {
    const { hub, broker, outbox } = this.#options
    try {
      this.#session = await outbox.notes.nextSession()
    } catch (error) {
      return isPreCareError(error) ? error : new PreCareError('uplink-lost', messageOf(error), { cause: error })
    }
    const { clock } = this.#options
    const withinMs = this.#withinMs
    const since = clock.now()
    const limit = deadline(clock, withinMs, signal, () => new PreCareError('uplink-lost', 'no connection in time'))
    let stream: Duplex
    try {
      stream = await this.#dial(limit.signal)
    } catch (error) {
      return asLost(error)
    } finally {
      limit.cancel()
    }
    if (signal.aborted || this.#leaving) {
      stream.destroy()
      return new PreCareError('uplink-lost', 'the hub stops')
    }
    const client = new MqttClient(() => stream, {
      clientId: hub,
      ...(broker.username === undefined ? {} : { username: broker.username }),
      ...(broker.password === undefined ? {} : { password: broker.password }),
      protocolVersion: 4,
      clean: true,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      keepalive: this.#options.keepaliveS ?? KEEPALIVE_S,
      connectTimeout: Math.max(1, withinMs - (clock.now() - since)),
      will: {
        topic: topics.hubState(hub),
        payload: Buffer.from(this.#stateText('offline', false)),
        qos: 1,
        retain: true,
      },
    })
    this.#client = client
    const over = new AbortController()
    const end = (reason: PreCareError) => over.abort(reason)
    client.on('error', (error) => {
      const refused = 'code' in error && REFUSALS.has(error.code)
      end(new PreCareError(refused ? 'uplink-refused' : 'uplink-lost', messageOf(error), { cause: error }))
    })
    client.on('close', () => end(new PreCareError('uplink-lost', 'the connection was closed')))
    client.on('message', (topic, payload) => this.#hear(topic, payload))
    client.on('connect', () => this.#open(client, over.signal).catch((error: unknown) => end(asLost(error))))
    await aborted(AbortSignal.any([signal, over.signal]))
    this.#client = undefined
    client.end(true)
    return asLost(over.signal.reason ?? new PreCareError('uplink-lost', 'the hub stops'))
  }

  async #open(client: MqttClient, over: AbortSignal): Promise<void> {
    const { clock, retained, onConnected, log } = this.#options
    // Its answers to pings are no proof: a broker that hangs behind its door gives them, too.
    await withDeadline(this.#greet(client), {
      time: clock,
      ms: this.#withinMs,
      signals: [over],
      expired: () => new PreCareError('uplink-lost', 'the broker took the connection and answers nothing more'),
    })
    if (client !== this.#client) return
    this.#state = 'online'
    log.info('uplink-online', { session: this.#session })
    this.#window.reset()
    for (const [topic, payload] of retained()) this.publish(topic, payload, { qos: 1, retain: true })
    onConnected?.()
    this.wake()
    await this.#watch(client)
  }

  async #greet(client: MqttClient): Promise<void> {
    const { hub } = this.#options
    const granted = await client.subscribeAsync(topics.hubReceipts(hub), { qos: 1 })
    if (granted.some(({ qos }) => qos > 2)) {
      throw new PreCareError('uplink-refused', 'the broker did not grant the topic of receipts')
    }
    await client.publishAsync(topics.hubState(hub), this.#stateText('online', true), { qos: 1, retain: true })
  }

  /** Looks after unanswered messages for as long as this connection stands. */
  async #watch(client: MqttClient): Promise<void> {
    const { clock, log } = this.#options
    const since = clock.now()
    while (client === this.#client && !this.#stop.signal.aborted) {
      await pause(clock, CHECK_EVERY_MS, this.#stop.signal)
      if (client !== this.#client) return
      if (clock.now() - since >= PROVEN_AFTER_MS) this.#attempt = 0
      const verdict = this.#window.overdue(clock.now())
      if (verdict === 'stalled') throw new PreCareError('uplink-lost', 'the broker answers pings but no message')
      if (verdict === 'resend') log.warn('receipt-overdue', { session: this.#session })
      this.wake()
    }
  }

  #next(): Run | undefined {
    return this.#window.next(this.#options.clock.now())
  }

  #send(client: MqttClient, { first, bodies }: Run): void {
    const { hub, outbox, clock } = this.#options
    const payload = `{"epoch":"${outbox.epoch}","first":${first},"readings":[${bodies.join(',')}]}`
    client.publish(topics.hubReadings(hub), payload, { qos: 1 }, (error) => {
      // An error here is the end of the connection; what was not receipted is sent again on the next.
      if (!error && client === this.#client) this.#window.acked(first, clock.now())
    })
  }

  #hear(topic: string, payload: Buffer): void {
    const { hub, clock, log } = this.#options
    if (topic !== topics.hubReceipts(hub)) return
    const receipt = receiptSchema.safeParse(parsed(payload))
    if (!receipt.success) {
      log.warn('receipt-malformed', { code: 'payload-malformed' })
      return
    }
    this.#window.receipted(receipt.data, clock.now()).then((rows) => {
      if (rows > 0) this.#attempt = 0
      const { first, last } = receipt.data
      log.info('receipt', { first, last, count: rows })
      this.wake()
    }, this.#notStored)
  }

  /** @param now false in the will, which is sent at a time nobody knows yet */
  #stateText(state: 'online' | 'offline', now: boolean): string {
    const wall = now ? this.#options.clock.wall() : undefined
    const since = wall === undefined ? {} : { since: utcText(wall) }
    return JSON.stringify({ state, session: this.#session, ...since })
  }
}

function parsed(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

const asLost = (error: unknown): PreCareError =>
  isPreCareError(error) ? error : new PreCareError('uplink-lost', messageOf(error), { cause: error })
