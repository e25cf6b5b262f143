import { join } from 'node:path'
import type { HubHealth } from '../broker/contract/messages.ts'
import { topics } from '../broker/contract/topics.ts'
import type { Driver } from '../device-drivers/driver.ts'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import { openBallast } from './ballast.ts'
import { recallClock } from './clock-notes.ts'
import type { HubConfig } from './config.ts'
import { DeviceStates } from './device-states.ts'
import { dialBroker } from './dial.ts'
import { type DiskAlarm, watchDisk } from './disk.ts'
import type { DiskSpace } from './disk-space.ts'
import { healthOf } from './health.ts'
import { HomeDevices } from './home-devices.ts'
import { type HubClock, pause } from './hub-clock.ts'
import { tendCertificate } from './identity/renewal.ts'
import { identityFolder, readIdentity } from './identity/slots.ts'
import type { Log } from './log.ts'
import { openOutbox } from './outbox.ts'
import { isBeyondRetry } from './outbox-file.ts'
import { watchRadio } from './radio-health.ts'
import { daysToKeep, FORGET_AT_ONCE } from './retention.ts'
import { sparing } from './sparing.ts'
import { takeoverRounds } from './takeover-rounds.ts'
import type { BleTransport, SerialTransport } from './transport/transport.ts'
import { Uplink } from './uplink.ts'
import type { VisitHome } from './visit/commissioning.ts'
import { Visits } from './visits.ts'

/** How often the hub looks whether it has learnt the time. */
const TICK_MS = 1_000
const PRUNE_EVERY_MS = 6 * 3600_000
/** A full disk is noticed at the first refused reading anyway; this is how soon one that fills, or has room again, is. */
const DISK_EVERY_MS = 60_000
const FULL_EVERY_MS = 5_000
/** The ladder's steps are hours apart. */
const RADIO_EVERY_MS = 60_000
/** A copy of the outbox older than this is known for one; each renewal costs the card some ten pages. */
const STAMP_EVERY_MS = 6 * 3600_000
/** A hub on which nothing happens still finds out that its disk is gone; costs the card some 100 writes a day. */
const PROVE_STORE_EVERY_MS = 15 * 60_000
/** Name of the outbox's note: where the broker was reached last. */
const LAST_ADDRESS = 'broker-address'
/** Together under three seconds: a service manager, or a person, waits no longer. */
const STOP_VISITS_WITHIN_MS = 1_500
const STOP_UPLINK_WITHIN_MS = 1_000

export interface HubParts {
  readonly config: HubConfig
  readonly drivers: readonly Driver[]
  readonly clock: HubClock
  readonly random: () => number
  readonly randomHex: (bytes: number) => string
  readonly log: Log
  readonly version: string
  /** What became of the last update, if there is something to say. */
  readonly update?: () => HubHealth['update']
  readonly memory: () => number
  /** Of the disk that holds the data folder. */
  readonly disk?: () => DiskSpace
  /** The machine's own number, where it has one. */
  readonly machine?: string
  /** What of the outbox can't be read is given up: it was tried for long enough. */
  readonly giveUpUnreadable?: boolean
  readonly ble?: BleTransport
  /** Boots the machine, for a radio that nothing else brought back; absent where the hub may not. */
  readonly reboot?: () => Promise<void>
  readonly serial?: SerialTransport
  /** After each round of housekeeping that went well: the event loop turns and the disk takes writes. */
  readonly onRound?: (status: string) => void
}

export interface Hub {
  /** Resolves when the transports have started and the broker is reached for the first time. */
  readonly ready: Promise<void>
  /** Resolves when the hub has shown once that it works: broker reached, disk written to, radio started if it has one. */
  readonly healthy: Promise<void>
  /** What a technician's visit works with. */
  readonly home: VisitHome
  /** Resolves when the hub can't go on and the process must be started anew. */
  readonly broken: Promise<PreCareError>
  /** Intake first, then what is on disk, then the good-bye to the broker; within three seconds. Safe to call twice. */
  stop(): Promise<void>
}

/** Puts the parts together and sets them going. @throws PreCareError 'store-failed', 'config-invalid' */
export function startHub(parts: HubParts): Hub {
  const { config, clock, log, random, randomHex } = parts
  const { hub, timeZone: zone } = config
  const broken = Promise.withResolvers<PreCareError>()
  const ready = Promise.withResolvers<void>()
  const healthy = Promise.withResolvers<void>()
  const stopping = new AbortController()

  const { disk, machine } = parts
  const ballast = disk && openBallast(join(config.dataDir, 'ballast'), (bytes) => randomHex(bytes), disk)
  const { outbox, damaged } = openOutbox(join(config.dataDir, 'outbox.db'), {
    time: () => {
      const now = clock.wall()
      return now === undefined ? undefined : { zone, now, wallAt: clock.wallAt }
    },
    randomHex,
    clock,
    onBroken: broken.resolve,
    ...(ballast && { ballast }),
    ...(machine === undefined ? {} : { machine }),
    ...(parts.giveUpUnreadable === true ? { giveUpUnreadable: true } : {}),
  })
  const { notes } = outbox
  if (damaged !== undefined) {
    const { setAside: file, why } = damaged
    const code = why === 'damaged' ? 'store-corrupt' : 'store-restored'
    log.error('outbox-set-aside', { code, file, state: why, epoch: outbox.epoch })
  }
  const diskWatch = disk && watchDisk(outbox.room, disk, log)
  diskWatch?.look()
  const noteClock = recallClock(clock, notes)
  const certificates = identityFolder(config.dataDir)
  const secure = config.broker.url.startsWith('mqtts:')
  if (secure) clock.raiseFloor(readIdentity(certificates)?.earliest ?? 0)

  const states = new DeviceStates(
    { hub, zone, clock, notes, publish: (topic, text) => uplink.publish(topic, text, { qos: 1, retain: true }) },
    [...config.devices, ...config.serial],
  )
  const uplink = new Uplink({
    hub,
    broker: config.broker,
    dial: dialBroker({
      url: config.broker.url,
      clock,
      identity: () => readIdentity(certificates),
      lastAddress: {
        get: () => notes.get(LAST_ADDRESS),
        set: (address) => void notes.set(LAST_ADDRESS, address).catch(() => undefined),
      },
    }),
    onRefused: () => renewal?.refused(),
    outbox,
    clock,
    random,
    log,
    retained: () => states.retained(),
    onConnected: () => {
      clock.networkReached()
      ready.resolve()
      renewal?.accepted()
      try {
        sendHealth()
      } catch (error) {
        // Readings are sent also by a hub that can't say how it is.
        houseFailed(error)
      }
    },
  })
  const houseFailed = sparing(clock, (fields) => log.error('housekeeping-failed', fields))
  const onStored = () => uplink.wake()
  const takeOver = takeoverRounds(outbox.takeover, clock, log, onStored)
  const visits = new Visits({ outbox, clock, zone, states, log, runId: randomHex(8), onStored })
  const startedAt = clock.now()
  const { ble, reboot } = parts
  const radioWatch =
    ble && watchRadio({ radio: ble, clock, notes, log, restart: broken.resolve, ...(reboot && { reboot }) })

  const sendHealth = () => {
    const health = healthOf({
      clock,
      outbox,
      version: parts.version,
      ...updateOf(parts),
      startedAt,
      visits: visits.counts,
      ...(ble && { radio: ble.health() }),
      ...(radioWatch?.remedy && { remedy: radioWatch.remedy }),
      rssBytes: parts.memory(),
      ...(diskWatch && { disk: diskWatch.look() }),
    })
    uplink.publish(topics.hubHealth(hub), JSON.stringify(health), { qos: 0, retain: false })
  }

  /** Completes held rows when the time arrives, prunes, and tells the broker how the hub is. */
  const keepHouse = async (signal: AbortSignal): Promise<void> => {
    let timeKnown = false
    let shown = false
    let pruneAt = clock.now()
    let diskAt = clock.now() + DISK_EVERY_MS
    let radioAt = clock.now() + RADIO_EVERY_MS
    let proveAt = clock.now() + PROVE_STORE_EVERY_MS
    let stampAt = clock.now() + STAMP_EVERY_MS
    let healthAt = clock.now() + config.healthEveryS * 1000
    while (!signal.aborted) {
      try {
        if (uplink.connected) clock.networkReached()
        const known = clock.wall() !== undefined
        if (timeKnown && !known) log.warn('clock-stepped')
        timeKnown = known
        await noteClock()
        await takeOver()
        if (known && (await outbox.completeHeld()) > 0) uplink.wake()
        const changed = diskWatch !== undefined && outbox.room.full !== (diskWatch.alarm === 'full')
        if (clock.now() >= diskAt || changed) {
          diskAt = clock.now() + (outbox.room.full ? FULL_EVERY_MS : DISK_EVERY_MS)
          const before = diskWatch?.alarm
          diskWatch?.look()
          // What is kept as a favour goes as soon as the room is needed.
          if (diskWatch?.alarm !== before) pruneAt = clock.now()
        }
        if (timeKnown && clock.now() >= pruneAt) {
          pruneAt =
            clock.now() + (diskWatch === undefined || diskWatch.alarm === 'none' ? PRUNE_EVERY_MS : DISK_EVERY_MS)
          const days = daysToKeep(config.retentionDays, diskWatch?.alarm ?? 'none')
          if ((await outbox.prune(days)) >= FORGET_AT_ONCE) pruneAt = clock.now()
        }
        if (clock.now() >= stampAt) {
          stampAt = clock.now() + STAMP_EVERY_MS
          outbox.renewStamp()
        }
        if (clock.now() >= radioAt) {
          radioAt = clock.now() + RADIO_EVERY_MS
          await radioWatch?.look()
        }
        if (clock.now() >= proveAt) {
          await outbox.prove()
          proveAt = clock.now() + PROVE_STORE_EVERY_MS
        }
        if (!shown && uplink.connected && (ble === undefined || ble.health().state === 'ready')) {
          await outbox.prove()
          shown = true
          healthy.resolve()
        }
        if (clock.now() >= healthAt) {
          healthAt = clock.now() + config.healthEveryS * 1000
          sendHealth()
        }
        parts.onRound?.(statusLine(uplink.connected, outbox.counts().unsent, diskWatch?.alarm))
      } catch (error) {
        houseFailed(error)
        if (isBeyondRetry(error)) {
          broken.resolve(new PreCareError('store-failed', messageOf(error), { cause: error }))
        }
      }
      await pause(clock, TICK_MS, signal)
    }
  }

  const { signal } = stopping
  const devices = new HomeDevices({ ...parts, visits, states }, signal)
  const house = keepHouse(signal)
  const renewal = secure
    ? tendCertificate({ folder: certificates, clock, log, onRenewed: () => uplink.reconnect() }, signal)
    : undefined
  uplink.start()
  log.info('started', { count: devices.count, unsent: outbox.counts().unsent })

  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    stopping.abort(new PreCareError('link-lost', 'the hub stops'))
    const intake = Promise.all([devices.settled(), house, renewal?.done])
    await Promise.race([intake, pause(clock, STOP_VISITS_WITHIN_MS, new AbortController().signal)])
    await uplink.stop(STOP_UPLINK_WITHIN_MS)
    outbox.close()
    log.info('stopped')
  }
  return {
    ready: ready.promise,
    healthy: healthy.promise,
    broken: broken.promise,
    home: {
      take: (device) => devices.take(device),
      release: (id) => {
        devices.release(id)
        uplink.publish(topics.hubDevice(hub, id), '', { qos: 1, retain: true })
      },
      listen: (listener) => devices.listen(listener),
      observe: (trial) => visits.observe(trial),
      ports: () => devices.ports(),
      state: (id) => states.of(id),
      reading: (id) => outbox.find(id),
      radioReady: () => ble !== undefined && ble.health().state !== 'unavailable',
      brokerReached: () => uplink.connected,
    },
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}

function updateOf({ update }: HubParts): { readonly update?: NonNullable<HubHealth['update']> } {
  const known = update?.()
  return known === undefined ? {} : { update: known }
}

const statusLine = (connected: boolean, unsent: number, alarm: DiskAlarm = 'none'): string =>
  `broker ${connected ? 'reached' : 'not reached'}, ${unsent} unsent${alarm === 'none' ? '' : `, disk ${alarm}`}`
