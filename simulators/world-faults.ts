import type { AttachedPeripheral, SimulatedTime } from './bluetooth/peripheral.ts'
import type { SimulatedDevice } from './devices/device.ts'
import type { Fault } from './scenario-schema.ts'

/** What a scenario's faults act upon. */
export interface BreakableThings {
  readonly controllers: Map<string, { powered: boolean }>
  readonly devices: ReadonlyMap<string, SimulatedDevice>
  readonly peripherals: Map<string, AttachedPeripheral>
  readonly ports: Map<string, { cut(): void }>
}

/** Connection timeout (Core, Vol 1, Part F, 2.8). */
const SUPERVISION_TIMEOUT = 0x08

/** Schedules the faults of a scenario. @returns ends them */
export function scheduleFaults(faults: readonly Fault[], things: BreakableThings, time: SimulatedTime): () => void {
  const pending = new Set<{ cancel(): void }>()
  const after = (ms: number, then: () => void): void => {
    const timer = time.setTimeout(() => {
      pending.delete(timer)
      then()
    }, ms)
    pending.add(timer)
  }

  const strike = (fault: Fault): void => {
    switch (fault.type) {
      case 'radio-off': {
        const controller = things.controllers.get(fault.hub)
        if (!controller) return
        controller.powered = false
        after(fault.forS * 1000, () => {
          controller.powered = true
        })
        return
      }
      case 'link-lost':
        things.peripherals.get(fault.device)?.link?.disconnect(SUPERVISION_TIMEOUT)
        return
      case 'line-cut':
        things.ports.get(fault.device)?.cut()
        return
      case 'battery-change':
        things.devices.get(fault.device)?.changeBattery()
    }
  }

  for (const fault of faults) {
    const repeat = (): void => {
      strike(fault)
      if (fault.everyS !== undefined) after(fault.everyS * 1000, repeat)
    }
    after(fault.atS * 1000, repeat)
  }
  return () => {
    for (const timer of pending) timer.cancel()
  }
}
