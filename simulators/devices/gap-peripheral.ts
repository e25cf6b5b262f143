import type {
  AdvertisingDefinition,
  AttachedPeripheral,
  PeripheralDefinition,
  PeripheralLink,
  SecurityPolicy,
  ServiceDefinition,
} from '../bluetooth/peripheral.ts'
import type { PeripheralPlace } from './device.ts'
import type { DescribedDevice } from './device-services.ts'

/** A device in the peripheral role (Core, Vol 3, Part C, 2.2.2): how it is found, connected to and let go. */

export interface PeripheralOptions extends DescribedDevice {
  readonly address: string
  readonly addressType?: 'public' | 'random'
  readonly name?: string
  readonly security?: SecurityPolicy
  readonly advertisingIntervalMs?: number
}

interface PeripheralRole {
  /** Its name, unless the options give another. */
  readonly name: string
  /** The service in its advertisement. */
  readonly service: string
  readonly services: readonly ServiceDefinition[]
  /** What its advertisement says besides. */
  readonly advertisement?: () => Partial<AdvertisingDefinition>
  onAttached(): void
  onConnect?(link: PeripheralLink): void
  onDisconnect?(): void
}

export interface GapPeripheral {
  readonly definition: PeripheralDefinition
  readonly link: PeripheralLink | undefined
  attachTo(place: PeripheralPlace): AttachedPeripheral
  startAdvertising(durationMs?: number): void
  stopAdvertising(): void
  /** Ends the present link. */
  hangUp(): void
  forgetBond(): void
  /** Hangs up and is in no place any more. */
  close(): void
}

const ADVERTISING_INTERVAL_MS = 100
/** Remote user terminated connection (Core, Vol 1, Part F, 2.19). */
export const REMOTE_USER_TERMINATED = 0x13
/** LE General Discoverable, BR/EDR not supported (Core Supplement, Part A, 1.3). */
const ADVERTISING_FLAGS = 0x06

/** Whether its characteristics want an encrypted link. */
export const encrypts = ({ security = 'none' }: PeripheralOptions): boolean => security !== 'none'

export function createGapPeripheral(role: PeripheralRole, options: PeripheralOptions): GapPeripheral {
  let attached: AttachedPeripheral | undefined
  let link: PeripheralLink | undefined
  const hangUp = (): void => link?.disconnect(REMOTE_USER_TERMINATED)
  const definition: PeripheralDefinition = {
    address: options.address,
    addressType: options.addressType ?? 'public',
    ...(options.security ? { security: options.security } : {}),
    services: role.services,
    advertising: () => ({
      intervalMs: options.advertisingIntervalMs ?? ADVERTISING_INTERVAL_MS,
      flags: ADVERTISING_FLAGS,
      name: options.name ?? role.name,
      nameInScanResponse: true,
      services: [role.service],
      ...role.advertisement?.(),
    }),
    onConnect: (opened) => {
      link = opened
      role.onConnect?.(opened)
    },
    onDisconnect: () => {
      link = undefined
      role.onDisconnect?.()
    },
  }
  return {
    definition,
    get link() {
      return link
    },
    attachTo(place) {
      attached = place.attach(definition)
      role.onAttached()
      return attached
    },
    startAdvertising: (durationMs) => attached?.startAdvertising(durationMs),
    stopAdvertising: () => attached?.stopAdvertising(),
    hangUp,
    forgetBond: () => attached?.forgetBond(),
    close() {
      hangUp()
      attached?.detach()
      attached = undefined
    },
  }
}
