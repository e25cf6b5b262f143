import { SerialPortMock } from 'serialport'
import { PreCareError } from '../../device-drivers/errors.ts'
import type { SimulatedTime } from '../bluetooth/peripheral.ts'
import type { SerialDevice } from '../devices/device.ts'
import type { Random } from '../scenario-random.ts'
import { createLine, type LineFaults } from './line.ts'

/** The part of @serialport/binding-mock used here; its package names no types for an importer of ES modules. */
interface MockPort {
  readonly isOpen: boolean
  emitData(data: Buffer): void
  read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }>
  write(bytes: Buffer): Promise<void>
  close(): Promise<void>
}
interface MockBinding {
  list(): Promise<{ readonly path: string }[]>
  open(options: { readonly path: string; readonly baudRate: number }): Promise<MockPort>
  createPort(path: string, identity?: { readonly vendorId?: string; readonly productId?: string }): void
}
const mockBinding: MockBinding = SerialPortMock.binding

/** Serial devices behind serialport's own mock binding: to be given to a SerialPortStream as its `binding`. */
export interface MockPorts {
  readonly binding: Pick<MockBinding, 'list' | 'open'>
  /** Plugs a device in; `unplug` takes the path away and breaks an open port, as pulling a USB converter does. */
  plug(
    path: string,
    device: SerialDevice,
    options?: { readonly faults?: LineFaults; readonly vendorId?: string; readonly productId?: string },
  ): { unplug(): void }
}

export function createMockPorts(around: { readonly time: SimulatedTime; readonly random: Random }): MockPorts {
  const plugged = new Map<string, { device: SerialDevice; faults: LineFaults; breaks: Set<() => void> }>()

  const join = (path: string, port: MockPort): void => {
    const here = plugged.get(path)
    if (!here) return
    let gone = false
    let failRead: ((error: Error) => void) | undefined
    const hangUp = (): void => {
      line.close()
      peer.close()
      here.breaks.delete(breakPort)
    }
    /** Reads fail from now on, which is how serialport learns that a converter was pulled; it closes the port itself. */
    const breakPort = (): void => {
      gone = true
      hangUp()
      failRead?.(new PreCareError('port-unavailable', `${path} is gone`))
    }
    const line = createLine(here.faults, around, (bytes) => port.isOpen && port.emitData(Buffer.from(bytes)), breakPort)
    const read = port.read.bind(port)
    const write = port.write.bind(port)
    const close = port.close.bind(port)
    port.write = async (bytes) => {
      const copy = Uint8Array.from(bytes)
      await write(bytes)
      peer.receive(copy)
    }
    port.read = (buffer, offset, length) => {
      if (gone) return Promise.reject(new PreCareError('port-unavailable', `${path} is gone`))
      const { promise, reject } = Promise.withResolvers<never>()
      failRead = reject
      return Promise.race([read(buffer, offset, length), promise])
    }
    port.close = async () => {
      hangUp()
      await close()
    }
    here.breaks.add(breakPort)
    const peer = here.device.connect((bytes) => line.send(bytes))
  }

  return {
    binding: {
      list: async () => (await mockBinding.list()).filter((port) => plugged.has(port.path)),
      async open(options) {
        if (!plugged.has(options.path))
          throw new PreCareError('port-unavailable', `nothing is plugged in at ${options.path}`)
        const port = await mockBinding.open(options)
        join(options.path, port)
        return port
      },
    },
    plug(path, device, options = {}) {
      const { faults = {}, ...identity } = options
      mockBinding.createPort(path, identity)
      const breaks = new Set<() => void>()
      plugged.set(path, { device, faults, breaks })
      return {
        unplug() {
          plugged.delete(path)
          for (const breakPort of [...breaks]) breakPort()
        },
      }
    },
  }
}
