import { Variant } from 'dbus-native'
import { isPreCareError, PreCareError } from '../../../device-drivers/errors.ts'
import type { Deadlines } from '../noble-deadlines.ts'
import type { Scan } from '../scan.ts'
import type { TransportLog } from '../transport-log.ts'
import type { HubTime } from '../transport-time.ts'
import type { OpenAdapter } from './adapter.ts'
import { ADAPTER, becomes, DEVICE, property, refusalName } from './bus.ts'
import { BluezLink } from './link.ts'
import type { PairingWish } from './pairing.ts'
import { fromBluez } from './refusals.ts'

/** From an address to a link that can be talked over. */
export interface Setup {
  readonly on: OpenAdapter
  readonly scan: Scan
  readonly address: string
  readonly wish: PairingWish | undefined
  readonly signal: AbortSignal
  readonly time: HubTime
  readonly deadlines: Deadlines
  readonly log: TransportLog
  /** The link exists; it is not yet of use to a driver. */
  readonly opened: (link: BluezLink) => void
  /** The device refused for want of a bond. */
  readonly refusedBond: () => void
}

/** bluetoothd's object path of a device. */
export function devicePath({ on, address }: Pick<Setup, 'on' | 'address'>): string {
  return `${on.path}/dev_${address.toUpperCase().replaceAll(':', '_')}`
}

/** Waits until bluetoothd knows the device: it connects to objects, not to addresses. */
export async function untilKnown(setup: Setup): Promise<void> {
  const { on, address } = setup
  const path = devicePath(setup)
  await becomes(on.bus, () => property(on.bus.objects, path, DEVICE, 'Address'), {
    ...limits(setup, setup.deadlines.connectMs),
    expired: () => new PreCareError('connect-timeout', `${address} was not heard`),
  })
}

/** The bond on this side goes; the device must be heard again and pairs anew. */
export async function forgetBond(setup: Setup): Promise<void> {
  const { on, address, log } = setup
  try {
    await on.bus.call(on.path, ADAPTER, 'RemoveDevice', { signature: 'o', body: [devicePath(setup)] })
    log.warn({ address }, 'bond refused by the device was removed')
  } catch (error) {
    throw fromBluez(error, `removal of ${address}`)
  }
}

/** @throws PreCareError; no link is left open then */
export async function setUp(setup: Setup): Promise<BluezLink> {
  await setup.on.agent.use(setup.wish)
  const link = await connected(setup)
  try {
    await paired(setup, link)
    await resolved(setup, link)
    return link
  } catch (error) {
    await link.close()
    throw fromBluez(error, `set-up of ${setup.address}`)
  }
}

function limits({ time, signal, on }: Setup, ms: number, ...more: readonly AbortSignal[]) {
  return { time, ms, signals: [signal, on.power, ...more] }
}

async function connected(setup: Setup): Promise<BluezLink> {
  const { on, scan, address, deadlines } = setup
  const path = devicePath(setup)
  const within = {
    ...limits(setup, deadlines.connectMs),
    expired: () => new PreCareError('connect-timeout', `${address} did not answer`),
  }
  try {
    // bluetoothd's discovery and a connection get in each other's way (stoprocent/noble#136).
    await scan.pause()
    await on.bus.call(path, DEVICE, 'Connect', undefined, within).catch((error: unknown) => {
      // bluetoothd is connecting, or has connected, by itself: bonded devices are welcome at any time.
      if (!['InProgress', 'AlreadyConnected'].includes(refusalName(error) ?? '')) throw error
    })
    // The answer may come before the property.
    await becomes(on.bus, () => property(on.bus.objects, path, DEVICE, 'Connected') === true || undefined, within)
    const link = new BluezLink({ ...setup, path, bus: on.bus, power: on.power, onRefusedBond: setup.refusedBond })
    setup.opened(link)
    return link
  } catch (error) {
    await cancel(setup, path)
    throw fromBluez(error, `connection to ${address}`)
  } finally {
    scan.resume()
  }
}

/** Left alone, bluetoothd would go on trying and take the device at its next advertisement. */
async function cancel({ on, address, deadlines, log }: Setup, path: string): Promise<void> {
  if (on.power.aborted) return
  try {
    await on.bus.call(path, DEVICE, 'Disconnect', undefined, { ms: deadlines.closeMs, signals: [on.power] })
  } catch (error) {
    log.info({ address, code: fromBluez(error, 'cancel').code }, 'connection was not cancelled')
  }
}

async function paired(setup: Setup, link: BluezLink): Promise<void> {
  const { on, address, deadlines, wish, log } = setup
  const path = devicePath(setup)
  if (wish?.pairFirst !== true || property(on.bus.objects, path, DEVICE, 'Paired') === true) return
  try {
    await on.bus.call(path, DEVICE, 'Pair', undefined, {
      ...limits(setup, deadlines.operationMs, link.lost),
      expired: () => new PreCareError('pairing-failed', `${address} did not finish pairing`),
    })
  } catch (error) {
    // A device that does not want to pair may end the link before bluetoothd has said so.
    if (isPreCareError(error, 'link-lost') && link.lost.aborted) {
      throw new PreCareError('pairing-failed', `${address} ended the link while pairing`, { cause: error })
    }
    if (refusalName(error) !== 'AlreadyExists') throw fromBluez(error, `pairing with ${address}`)
  }
  // It may come back by itself, without a question to the agent.
  await on.bus.set(path, DEVICE, 'Trusted', new Variant('b', true))
  log.info({ address }, 'device bonded')
}

async function resolved(setup: Setup, link: BluezLink): Promise<void> {
  const { on, address, deadlines } = setup
  const path = devicePath(setup)
  await becomes(on.bus, () => property(on.bus.objects, path, DEVICE, 'ServicesResolved') === true || undefined, {
    ...limits(setup, deadlines.interviewMs, link.lost),
    expired: () => new PreCareError('operation-timeout', `the services of ${address} were not found in time`),
  })
  link.resolved()
}
