import { PreCareError } from '../../../device-drivers/errors.ts'
import type { PeripheralDefinition, PeripheralLink } from '../../../simulators/bluetooth/peripheral.ts'
import type { EmittedReading, PeripheralPlace, Surroundings } from '../../../simulators/devices/device.ts'
import { toHex } from '../../../simulators/encoders/byte-writer.ts'
import { seededRandom } from '../../../simulators/scenario-random.ts'
import { ManualTime } from '../../../simulators/time.ts'

/** A winter day at noon in Copenhagen. */
export const NOON = Date.UTC(2026, 0, 15, 11, 0, 0)

/** Surroundings under a test's clock, and what was reported to them. */
export function aTestsSurroundings(start = NOON): {
  readonly time: ManualTime
  readonly around: Surroundings
  readonly emitted: EmittedReading[]
  readonly forgotten: string[]
} {
  const time = new ManualTime(start)
  const emitted: EmittedReading[] = []
  const forgotten: string[] = []
  const around: Surroundings = {
    time,
    wallNow: () => time.now(),
    timeZone: 'Europe/Copenhagen',
    random: seededRandom(1),
    onEmitted: (reading) => emitted.push(reading),
    onForgotten: (key) => forgotten.push(key),
  }
  return { time, around, emitted, forgotten }
}

/** Lets promises run that are ready to. */
export const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

/**
 * Stands in for a controller and a central, so that each step of a visit can be looked at. Confirmations are given one
 * by one; the real controller and the real noble have their own tests.
 */
export function aPlace() {
  let definition: PeripheralDefinition | undefined
  let advertising: number | 'on' | undefined
  let link: PeripheralLink | undefined
  let waiting: { resolve(): void; reject(error: unknown): void } | undefined
  const log: string[] = []

  const the = (): PeripheralDefinition => {
    if (!definition) throw new TypeError('nothing is attached')
    return definition
  }
  const characteristic = (uuid: string) => {
    const found = the()
      .services.flatMap((s) => s.characteristics)
      .find((c) => c.uuid === uuid)
    if (!found) throw new TypeError(`no characteristic ${uuid}`)
    return found
  }
  const current = (): PeripheralLink => {
    if (!link) throw new TypeError('no link')
    return link
  }
  const end = (reason: number): void => {
    link = undefined
    waiting?.reject(new PreCareError('link-lost', 'link is gone'))
    waiting = undefined
    log.push(`disconnected 0x${reason.toString(16)}`)
    the().onDisconnect?.(reason)
  }

  const place: PeripheralPlace = {
    attach(attached) {
      definition = attached
      return {
        definition: attached,
        startAdvertising: (durationMs) => {
          advertising = durationMs ?? 'on'
        },
        stopAdvertising: () => {
          advertising = undefined
        },
        get link() {
          return link
        },
        forgetBond: () => log.push('bond forgotten'),
        detach: () => log.push('detached'),
      }
    },
  }

  return {
    place,
    /** indications, notifications and disconnects in their order */
    log,
    get advertising() {
      return advertising
    },
    get connected() {
      return link !== undefined
    },
    connect() {
      advertising = undefined
      link = {
        encrypted: false,
        mtu: 23,
        notify: (uuid, bytes) => {
          log.push(`notified ${uuid} ${toHex(bytes)}`)
          return true
        },
        indicate: (uuid, bytes) => {
          log.push(`indicated ${uuid} ${toHex(bytes)}`)
          const { promise, resolve, reject } = Promise.withResolvers<void>()
          waiting = { resolve, reject }
          return promise
        },
        disconnect: (reason = 0x13) => end(reason),
      }
      the().onConnect?.(link)
    },
    subscribe: (uuid: string, mode: 'none' | 'notify' | 'indicate' = 'indicate') =>
      characteristic(uuid).onSubscribe?.(current(), mode),
    write: (uuid: string, hex: string) => characteristic(uuid).onWrite?.(Buffer.from(hex, 'hex'), current()),
    read(uuid: string): string {
      const { value } = characteristic(uuid)
      return toHex(typeof value === 'function' ? value() : (value ?? new Uint8Array()))
    },
    /** Confirms the indication that is out. */
    async confirm() {
      const { resolve } = waiting ?? { resolve: () => log.push('nothing to confirm') }
      waiting = undefined
      resolve()
      await settled()
    },
    /** The central hangs up or goes out of reach. */
    async lose(reason = 0x08) {
      end(reason)
      await settled()
    },
  }
}
