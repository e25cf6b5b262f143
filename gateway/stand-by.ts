import { MqttClient } from 'mqtt'
import { topics } from '../broker/contract/topics.ts'
import { isPreCareError, messageOf, PreCareError } from '../device-drivers/errors.ts'
import type { HubConfig } from './config.ts'
import { dialBroker } from './dial.ts'
import { deadline, type HubClock, pause } from './hub-clock.ts'
import { identityFolder, readIdentity } from './identity/slots.ts'
import { utcText } from './local-time.ts'
import { errorFields, type Log } from './log.ts'
import { sqliteCode } from './outbox-file.ts'
import { failuresIn, keepFailures } from './store-failures.ts'

/**
 * A hub whose disk takes no writes receives nothing: it talks to no device, so that every reading stays in the memory of
 * its device. It tells the broker so, waits, and ends, so that a new process tries the disk again; if many of those fare
 * no better, the machine is booted where that is allowed, at most once a day.
 */

/** Below the 90 s that the unit gives a start; a card that comes back is used again within a minute. */
const STAND_BY_MS = 60_000
/** TCP, CONNACK and PUBACK over the slowest line there is; telling is a favour, the waiting goes on without it. */
const TELL_WITHIN_MS = 30_000
/** A reboot helps a disk that a loose contact or the kernel has taken away, not one that was busy for minutes. */
const STARTS_BEFORE_REBOOT = 10
/** A machine that was booted within the day was not helped by that; where the hub may not, it asks once a day. */
const REBOOT_EVERY_MS = 24 * 3600_000
export interface StandByParts {
  readonly config: Pick<HubConfig, 'hub' | 'broker' | 'dataDir'>
  readonly clock: HubClock
  readonly log: Log
  /** A folder in memory that outlives the process but not the boot; without one no reboot is asked for. */
  readonly runtimeDir?: string
  /** Boots the machine; absent where the hub may not. */
  readonly reboot?: () => Promise<void>
}

/** @param failure why the store can't be used. Resolves when the process is to end */
export async function standBy(parts: StandByParts, failure: PreCareError): Promise<void> {
  const { clock, log, runtimeDir } = parts
  log.error('not-receiving', errorFields(failure))
  const waited = pause(clock, STAND_BY_MS, new AbortController().signal)
  const { starts: before, rebootAt } = failuresIn(runtimeDir)
  const starts = before + 1
  keepFailures(runtimeDir, { starts, ...(rebootAt === undefined ? {} : { rebootAt }) })
  await tell(parts, failure)
  await waited
  const now = clock.now()
  // Of the boot that was, or of the one that was refused.
  const sinceRebootMs = now - (rebootAt ?? 0)
  if (starts < STARTS_BEFORE_REBOOT || sinceRebootMs < REBOOT_EVERY_MS || parts.reboot === undefined) return
  log.error('not-receiving', { ...errorFields(failure), state: 'reboot', attempts: starts })
  keepFailures(runtimeDir, { starts, rebootAt: now })
  try {
    await parts.reboot()
  } catch (error) {
    log.error('reboot-refused', errorFields(error))
  }
}

/** What the disk itself says where nobody has put it into the words of the store. */
const DISK_SAYS: ReadonlySet<unknown> = new Set(['EIO', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENXIO', 'ENODEV'])

/** The failure to stand by with; undefined when it is not the disk's. */
export function storeFailure(error: unknown): PreCareError | undefined {
  if (isPreCareError(error)) return error.code === 'store-failed' ? error : undefined
  const byDisk = error instanceof Error && 'code' in error && DISK_SAYS.has(error.code)
  if (!byDisk && sqliteCode(error) === undefined) return undefined
  return new PreCareError('store-failed', messageOf(error), { cause: error })
}

/** One retained message, and good-bye. The session can't come from the outbox; the present second is above any of it. */
async function tell({ config, clock, log }: StandByParts, failure: PreCareError): Promise<void> {
  const { hub, broker } = config
  const wall = clock.wall()
  const session = Math.max(1, Math.floor((wall ?? 0) / 1000))
  const since = wall === undefined ? {} : { since: utcText(wall) }
  const text = JSON.stringify({ state: 'offline', session, ...since, problem: failure.code })
  const limit = deadline(clock, TELL_WITHIN_MS, new AbortController().signal, () => new Error('the broker is silent'))
  const certificates = identityFolder(config.dataDir)
  const dial = dialBroker({ url: broker.url, clock, identity: () => readIdentity(certificates) })
  let client: MqttClient | undefined
  try {
    const stream = await dial(limit.signal)
    const line = new MqttClient(() => stream, {
      clientId: hub,
      ...(broker.username === undefined ? {} : { username: broker.username }),
      ...(broker.password === undefined ? {} : { password: broker.password }),
      protocolVersion: 4,
      reconnectPeriod: 0,
      connectTimeout: TELL_WITHIN_MS,
    })
    client = line
    await new Promise<void>((resolve, reject) => {
      limit.signal.addEventListener('abort', () => reject(limit.signal.reason), { once: true })
      line.once('error', reject)
      line.once('close', () => reject(new Error('the connection was closed')))
      line.once('connect', () => {
        line.publish(topics.hubState(hub), text, { qos: 1, retain: true }, (error) => {
          if (error) reject(error)
          else resolve()
        })
      })
    })
  } catch (error) {
    log.warn('not-told', errorFields(error))
  } finally {
    limit.cancel()
    client?.on('error', () => undefined)
    client?.end()
  }
}
