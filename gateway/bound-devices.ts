import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import { writeDurably } from './durable-file.ts'

/**
 * Devices that a technician has bound to this hub, in a file of the data folder beside the outbox: the configuration
 * file may be read-only. Entries have the shape of the configuration's own and are checked together with them.
 */

const entry = z.looseObject({ id: z.string(), driver: z.string() })
const fileSchema = z.strictObject({ devices: z.array(entry).default([]), serial: z.array(entry).default([]) })

export interface BoundBluetooth {
  readonly id: string
  readonly driver: string
  readonly address: string
  readonly options: Readonly<Record<string, number | string | boolean>>
}
export type BoundSerial = Omit<BoundBluetooth, 'address'> & { readonly target: string }

export interface BoundDevices {
  readonly devices: readonly unknown[]
  readonly serial: readonly unknown[]
}

const pathIn = (dataDir: string): string => join(dataDir, 'devices.json')
const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** Nothing bound yet is nothing in the file. @throws PreCareError 'config-invalid' naming the file */
export function readBoundDevices(dataDir: string): BoundDevices {
  const path = pathIn(dataDir)
  try {
    return fileSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    if (isMissing(error)) return { devices: [], serial: [] }
    const message = `${path}: cannot be read (${messageOf(error)}); bind the devices again and remove the file`
    throw new PreCareError('config-invalid', message, { cause: error })
  }
}

/** Binds a device, in the place of one with the same id. Safe on the disk when it returns. */
export function bindDevice(dataDir: string, device: BoundBluetooth | BoundSerial): void {
  const { devices, serial } = unbound(dataDir, device.id)
  const next =
    'address' in device ? { devices: [...devices, device], serial } : { devices, serial: [...serial, device] }
  writeDurably(pathIn(dataDir), `${JSON.stringify(next, undefined, 2)}\n`)
}

export function unbindDevice(dataDir: string, id: string): void {
  writeDurably(pathIn(dataDir), `${JSON.stringify(unbound(dataDir, id), undefined, 2)}\n`)
}

function unbound(dataDir: string, id: string): BoundDevices {
  const others = (entries: readonly unknown[]) => entries.filter((known) => entry.parse(known).id !== id)
  const { devices, serial } = readBoundDevices(dataDir)
  return { devices: others(devices), serial: others(serial) }
}
