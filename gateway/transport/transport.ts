import type {
  Advertisement,
  Declaration,
  GattLink,
  SerialLink,
  SerialPortInfo,
  SerialSettings,
  Visit,
} from '../../device-drivers/driver.ts'

/**
 * The seam between the hub and its radios and ports. Implementations: `noble.ts` (Bluetooth) and `serial.ts`. Everything
 * above it is the same whatever is below it.
 */

export interface OpenGattLink extends GattLink {
  /** Aborted when the link is gone, whatever the cause; its reason is a PreCareError. */
  readonly lost: AbortSignal
  /** Resolves within 5 s whatever the peer does; safe to call twice. */
  close(): Promise<void>
}

/** What is tried with a radio that hears nothing: a new scan, a new noble, the adapter off and on. */
export type RadioStep = 'scan' | 'adapter' | 'power'

/** Ids and counts only; published in the hub's health. */
export interface RadioHealth {
  readonly state: 'starting' | 'ready' | 'unavailable'
  /** ms since the last advertisement of anybody, monotonic. */
  readonly silentForMs: number
  readonly linksOpen: number
  readonly scanRestarts: number
  readonly connectFailures: number
  /** What was last tried since the last advertisement; absent while the radio hears. */
  readonly step?: RadioStep
  readonly adapterRestarts?: number
  readonly powerCycles?: number
  /** Most connections at once so far: how many an adapter offers is written nowhere. */
  readonly mostLinksOpen?: number
  /** Devices that advertised without end when something was last heard: if they are silent now, the radio is deaf. */
  readonly steadyDevices?: number
}

export interface BleTransport {
  /** Starts and keeps scanning until `signal` aborts; returns at once and retries by itself while there is no adapter. */
  start(onAdvertisement: (seen: Advertisement) => void, signal: AbortSignal): void
  /** One connection at a time is set up; others wait. Rejects with a PreCareError within its deadline. */
  connect(address: string, signal: AbortSignal): Promise<OpenGattLink>
  health(): RadioHealth
  /** How a device that is bound while the hub runs is to be paired. Absent where nothing is ever asked. */
  introduce?(address: string, options: Visit['options'], bonding: Declaration['bonding']): void
}

export interface OpenSerialLink extends SerialLink {
  readonly lost: AbortSignal
  close(): Promise<void>
}

export interface SerialTransport {
  /** @param target '/dev/serial/by-id/...', '/dev/tty...', or 'tcp://host:port' (as ser2net offers ports) */
  open(target: string, settings: SerialSettings, signal: AbortSignal): Promise<OpenSerialLink>
  list(): Promise<readonly SerialPortInfo[]>
}
