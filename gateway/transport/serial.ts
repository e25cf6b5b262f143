import { readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { SerialPort } from 'serialport'
import type { SerialSettings } from '../../device-drivers/driver.ts'
import { isPreCareError, messageOf, PreCareError } from '../../device-drivers/errors.ts'
import { reasonOf, withDeadline } from './deadline.ts'
import { endAtHangUp } from './hang-up.ts'
import { SERIAL_DEADLINES, type SerialDeadlines, serialLink } from './serial-link.ts'
import { openTcpLine, parseTcpTarget } from './tcp-line.ts'
import type { SerialTransport } from './transport.ts'
import type { HubTime } from './transport-time.ts'

/** Links that udev names after vendor, product and serial number: they stay when ports are plugged in another order. */
const STABLE_NAMES = '/dev/serial/by-id'

type Done = (error: Error | null) => void

interface SerialPortLine extends Duplex {
  open(done: Done): void
  drain(done: Done): void
  close(done: Done): void
}

interface ListedPort {
  readonly path: string
  readonly vendorId?: string | undefined
  readonly productId?: string | undefined
  readonly serialNumber?: string | undefined
}

/** serialport's seam to the hardware; `SerialPortMock.binding` is another one than the machine's. */
interface SerialBinding {
  list(): Promise<readonly ListedPort[]>
  open(options: { readonly path: string; readonly baudRate: number }): Promise<unknown>
}

type PortOptions = SerialSettings & {
  readonly path: string
  readonly autoOpen: false
  readonly binding?: SerialBinding
}
const Port: new (options: PortOptions) => SerialPortLine = SerialPort

export interface SerialOptions {
  readonly time: HubTime
  readonly binding?: SerialBinding
  readonly deadlines?: Partial<SerialDeadlines>
  /** Folder of stable names. */
  readonly stableNames?: string
}

/** An open stream, and how it is ended and emptied. */
interface Line {
  readonly stream: Duplex
  readonly hangUp: () => void
  readonly drain?: (done: Done) => void
}

/**
 * Serial lines by `serialport`, or over TCP. A port that is not there is 'port-unavailable', which is transient: hot-plug
 * is the caller trying again.
 */
export function createSerialTransport(options: SerialOptions): SerialTransport {
  const { time, stableNames = STABLE_NAMES } = options
  const binding = ended(options.binding ?? SerialPort.binding)
  const deadlines = { ...SERIAL_DEADLINES, ...options.deadlines }

  return {
    open: async (target, settings, signal) => {
      if (signal.aborted) throw reasonOf(signal)
      const tcp = parseTcpTarget(target)
      const opening = tcp ? openTcp(tcp.host, tcp.port) : openPort(binding, target, settings)
      try {
        await withDeadline(opening.opened, {
          time,
          ms: deadlines.openMs,
          signals: [signal],
          expired: () => new PreCareError('port-unavailable', `${target} did not open in ${deadlines.openMs} ms`),
        })
      } catch (error) {
        opening.giveUp()
        throw isPreCareError(error)
          ? error
          : new PreCareError('port-unavailable', `${target}: ${messageOf(error)}`, { cause: error })
      }
      return serialLink({ target, ...opening.line, time, deadlines })
    },
    list: async () => {
      const names = await stablePaths(stableNames)
      return (await binding.list()).map(({ path, vendorId, productId, serialNumber }) => ({
        path: names.get(path) ?? path,
        ...(vendorId === undefined ? {} : { vendorId }),
        ...(productId === undefined ? {} : { productId }),
        ...(serialNumber === undefined ? {} : { serialNumber }),
      }))
    },
  }
}

/** The binding with ports that notice when they are pulled out. */
function ended(binding: SerialBinding): SerialBinding {
  return {
    list: () => binding.list(),
    open: async (options) => {
      const port = await binding.open(options)
      endAtHangUp(port)
      return port
    },
  }
}

interface Opening {
  readonly line: Line
  readonly opened: Promise<void>
  readonly giveUp: () => void
}

function openTcp(host: string, port: number): Opening {
  const { stream, opened } = openTcpLine(host, port)
  return {
    // Not destroy(): with unread bytes it resets the connection, and what was written last is lost on the way.
    line: { stream, hangUp: () => stream.end() },
    opened,
    giveUp: () => stream.destroy(),
  }
}

function openPort(binding: SerialBinding, path: string, settings: SerialSettings): Opening {
  const stream = new Port({ ...settings, path, autoOpen: false, binding })
  const failed = (error: Error | null) => {
    if (error) stream.destroy(error)
  }
  const opened = new Promise<void>((resolve, reject) => {
    stream.open((error) => (error ? reject(error) : resolve()))
  })
  return {
    line: { stream, hangUp: () => stream.close(failed), drain: (done) => stream.drain(done) },
    opened,
    giveUp: () => {
      // It may open late, and would keep the port locked against the next try.
      stream.on('error', failed)
      opened.then(
        () => stream.close(failed),
        () => stream.destroy(),
      )
    },
  }
}

/** Stable name by device node; none where udev makes none. */
async function stablePaths(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw new PreCareError('port-unavailable', `${folder}: ${messageOf(error)}`, { cause: error })
  })
  const pairs = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      // A link can lose its device while it is looked at.
      const node = await realpath(path).catch(() => undefined)
      return node === undefined ? undefined : ([node, path] as const)
    }),
  )
  return new Map(pairs.filter((pair) => pair !== undefined))
}
