import type { EventEmitter } from 'node:events'
import type { NoblePeripheral } from './noble-types.ts'

/**
 * The internals of @abandonware/noble 1.9.2-26 that the transport touches, and the check that they are there. The package
 * is pinned to that version; with another one this check fails at start rather than a reading at night.
 */

export interface AclStream extends EventEmitter {
  readonly _smp: EventEmitter
  encrypt(): void
  push(cid: number | null, data: Buffer | null): void
  write(cid: number, data: Buffer): void
}

export interface Gatt {
  readonly _aclStream: AclStream
  _currentCommand: object | null
  _security: 'low' | 'medium'
  onAclStreamEncrypt(on: number): void
}

export interface Hci extends EventEmitter {
  readonly _socket: EventEmitter & { isDevUp(): boolean; stop(): void }
  readonly _aclConnections: Map<number, unknown>
  readonly _isDevUp: boolean | null
  _aclQueue: { readonly handle: number }[]
  onSocketData(packet: Buffer): void
  flushAcl(): Promise<void>
  writeAclDataPkt(handle: number, cid: number, data: Buffer): Promise<void>
  pollIsDevUp(): void
  startLeEncryption(handle: number, random: Buffer, diversifier: Buffer, key: Buffer): void
  disconnect(handle: number): void
}

type ById = Record<string, unknown>

interface Bindings extends EventEmitter {
  readonly _hci: Hci
  readonly _gap: { readonly _discoveries: ById }
  readonly _aclStreams: Readonly<Record<number, AclStream | undefined>>
  /** Both ways: peripheral id to handle, and handle to peripheral id. */
  readonly _handles: Readonly<Record<string, number | string | undefined>>
  readonly _addresses: ById
  readonly _addresseTypes: ById
  readonly _connectable: ById
  readonly scannable: ById
  _pendingConnectionUuid: string | null
  _connectionQueue: unknown[]
  /** Made by init(). */
  readonly onSigIntBinded?: () => void
}

export interface Noble extends EventEmitter {
  readonly state: string
  readonly _bindings: Bindings
  readonly _peripherals: Record<string, NoblePeripheral | undefined>
  readonly _services: ById
  readonly _characteristics: ById
  readonly _descriptors: ById
  _discoveredPeripheralUUids: ById
  startScanning(services: readonly string[], allowDuplicates: boolean): void
  stopScanning(): void
}

const TOUCHED: Readonly<Record<string, 'object' | 'function'>> = {
  startScanning: 'function',
  stopScanning: 'function',
  _peripherals: 'object',
  _services: 'object',
  _characteristics: 'object',
  _descriptors: 'object',
  _discoveredPeripheralUUids: 'object',
  '_bindings.on': 'function',
  '_bindings._gap._discoveries': 'object',
  '_bindings._aclStreams': 'object',
  '_bindings._handles': 'object',
  '_bindings._addresses': 'object',
  '_bindings._addresseTypes': 'object',
  '_bindings._connectable': 'object',
  '_bindings.scannable': 'object',
  '_bindings._connectionQueue': 'object',
  '_bindings._hci._socket.isDevUp': 'function',
  '_bindings._hci._socket.stop': 'function',
  '_bindings._hci._aclConnections.has': 'function',
  '_bindings._hci._aclQueue.filter': 'function',
  '_bindings._hci.onSocketData': 'function',
  '_bindings._hci.flushAcl': 'function',
  '_bindings._hci.writeAclDataPkt': 'function',
  '_bindings._hci.pollIsDevUp': 'function',
  '_bindings._hci.startLeEncryption': 'function',
  '_bindings._hci.disconnect': 'function',
}

const TOUCHED_IN_GATT: Readonly<Record<string, 'object' | 'function'>> = { onAclStreamEncrypt: 'function' }
const TOUCHED_IN_STREAM: Readonly<Record<string, 'object' | 'function'>> = {
  encrypt: 'function',
  push: 'function',
  write: 'function',
}

function at(root: unknown, path: string): unknown {
  let value = root
  for (const name of path.split('.')) {
    if (value === null || value === undefined) return undefined
    value = Reflect.get(Object(value), name)
  }
  return value
}

function missingIn(root: unknown, touched: Readonly<Record<string, 'object' | 'function'>>): readonly string[] {
  return Object.entries(touched)
    .filter(([path, kind]) => {
      const value = at(root, path)
      return value === null || typeof value !== kind
    })
    .map(([path]) => path)
}

/** Names of internals that an instance of noble lacks; none with the pinned version. */
export function missingInternals(noble: unknown): readonly string[] {
  return missingIn(noble, TOUCHED)
}

export function isNoble(value: unknown): value is Noble {
  return missingInternals(value).length === 0
}

export function isGattPrototype(value: unknown): value is Gatt {
  return missingIn(value, TOUCHED_IN_GATT).length === 0
}

export function isStreamPrototype(value: unknown): value is AclStream {
  return missingIn(value, TOUCHED_IN_STREAM).length === 0
}

/** Takes a peripheral out of all of noble's books. */
export function forget(noble: Noble, id: string): void {
  const bindings = noble._bindings
  const address = noble._peripherals[id]?.address
  if (address !== undefined) delete bindings._gap._discoveries[address]
  for (const book of [
    noble._peripherals,
    noble._services,
    noble._characteristics,
    noble._descriptors,
    noble._discoveredPeripheralUUids,
    bindings._addresses,
    bindings._addresseTypes,
    bindings._connectable,
    bindings.scannable,
  ]) {
    delete book[id]
  }
}
