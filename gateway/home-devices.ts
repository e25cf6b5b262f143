import type { Advertisement, Driver, SerialPortInfo } from '../device-drivers/driver.ts'
import { PreCareError } from '../device-drivers/errors.ts'
import { type BluetoothDevice, BluetoothVisits } from './bluetooth-visits.ts'
import type { BoundBluetooth, BoundSerial } from './bound-devices.ts'
import type { HubConfig } from './config.ts'
import type { DeviceStates } from './device-states.ts'
import type { HubClock } from './hub-clock.ts'
import type { Log } from './log.ts'
import { type SerialDevice, tendLine } from './serial-lines.ts'
import type { BleTransport, SerialTransport } from './transport/transport.ts'
import { createUnknownDevices } from './unknown-devices.ts'
import type { Visits } from './visits.ts'

export interface HomeDevicesParts {
  readonly config: Pick<HubConfig, 'hub' | 'devices' | 'serial'>
  readonly drivers: readonly Driver[]
  readonly clock: HubClock
  readonly random: () => number
  readonly log: Log
  readonly visits: Visits
  readonly states: DeviceStates
  readonly ble?: BleTransport | undefined
  readonly serial?: SerialTransport | undefined
}

interface Line {
  readonly end: AbortController
  readonly done: Promise<void>
}

/** The devices of this home: those of the configuration from the start, and those that a technician binds while it runs. */
export class HomeDevices {
  readonly #parts: HomeDevicesParts
  readonly #signal: AbortSignal
  readonly #bluetooth: BluetoothVisits | undefined
  readonly #lines = new Map<string, Line>()

  /** @throws PreCareError 'config-invalid' when a device names no driver of its kind */
  constructor(parts: HomeDevicesParts, signal: AbortSignal) {
    this.#parts = parts
    this.#signal = signal
    const { config, ble } = parts
    const bluetooth = config.devices.map((device) => this.#overBluetooth(device))
    this.#bluetooth = ble && this.#startBluetooth(ble, bluetooth)
    if (parts.serial !== undefined) for (const device of config.serial) this.#openLine(device)
  }

  /** Visits under way are over, and every line is closed. */
  async settled(): Promise<void> {
    await Promise.all([this.#bluetooth?.settled(), ...[...this.#lines.values()].map(({ done }) => done)])
  }

  get count(): number {
    return this.#parts.config.devices.length + this.#lines.size
  }

  /** Visits a device from now on, in the place of one with the same id; until the process ends, unless it is bound. */
  take(device: BoundBluetooth | BoundSerial): void {
    this.release(device.id)
    this.#parts.states.add(device)
    if (!('address' in device)) {
      this.#openLine(device)
      return
    }
    const known = this.#overBluetooth(device)
    this.#parts.ble?.introduce?.(device.address, device.options, known.driver.about.bonding)
    this.#bluetooth?.add(known)
  }

  release(id: string): void {
    this.#bluetooth?.remove(id)
    this.#lines.get(id)?.end.abort(new PreCareError('link-lost', 'the device was taken away'))
    this.#lines.delete(id)
    this.#parts.states.remove(id)
  }

  /** Tells of every advertisement; undefined: of none any more. */
  listen(listener: ((seen: Advertisement) => void) | undefined): void {
    this.#bluetooth?.listen(listener)
  }

  async ports(): Promise<readonly SerialPortInfo[]> {
    return (await this.#parts.serial?.list()) ?? []
  }

  #startBluetooth(ble: BleTransport, devices: readonly BluetoothDevice[]): BluetoothVisits {
    const { config, clock, log, visits, drivers } = this.#parts
    const note = createUnknownDevices(config.hub, clock, log)
    const known = drivers.filter((driver) => driver.transport !== 'serial')
    const bluetooth = new BluetoothVisits({
      ble,
      devices,
      visits,
      clock,
      log,
      onUnknown: (seen) => {
        const driver = known.find((candidate) => candidate.match(seen))
        if (driver !== undefined) note(seen.address, driver.about.id)
      },
    })
    bluetooth.start(this.#signal)
    return bluetooth
  }

  #overBluetooth({ id, address, options, driver: wanted }: BoundBluetooth): BluetoothDevice {
    const driver = this.#parts.drivers.find(({ about }) => about.id === wanted)
    if (driver === undefined || driver.transport === 'serial') {
      throw new PreCareError('config-invalid', `${id}: no Bluetooth driver ${wanted}`)
    }
    return { id, address, options, driver }
  }

  #openLine({ id, target, options, driver: wanted }: BoundSerial): void {
    const { serial, drivers, visits, clock, random, log } = this.#parts
    const driver = drivers.find(({ about }) => about.id === wanted)
    if (driver?.transport !== 'serial') throw new PreCareError('config-invalid', `${id}: no serial driver ${wanted}`)
    if (serial === undefined) throw new PreCareError('port-unavailable', 'this hub has no serial ports')
    const device: SerialDevice = { id, target, options, driver }
    const end = new AbortController()
    const signal = AbortSignal.any([this.#signal, end.signal])
    this.#lines.set(id, { end, done: tendLine(device, { serial, visits, clock, random, log }, signal) })
  }
}
