import { PreCareError } from '../../device-drivers/errors.ts'
import type { HciController } from './host-port.ts'

/**
 * Adapters of this process by device id. It hangs on globalThis because a test runner may load these modules a second
 * time: the copy that attaches a controller is not the copy below noble.
 */
const KEY: unique symbol = Symbol.for('precare.virtual-hci')

function adapters(): Map<number, HciController> {
  const global = globalThis as { [KEY]?: Map<number, HciController> }
  global[KEY] ??= new Map()
  return global[KEY]
}

/**
 * Makes `controller` the adapter hci<deviceId> of this process.
 * @throws PreCareError config-invalid when that id is taken
 */
export function attachInProcess(deviceId: number, controller: HciController): { detach(): void } {
  if (adapters().has(deviceId)) throw new PreCareError('config-invalid', `device id ${deviceId} is taken`)
  adapters().set(deviceId, controller)
  return {
    detach: () => {
      if (adapters().get(deviceId) === controller) adapters().delete(deviceId)
    },
  }
}

export function adapterInProcess(deviceId: number): HciController | undefined {
  return adapters().get(deviceId)
}
