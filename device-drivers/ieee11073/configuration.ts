import { PreCareError } from '../errors.ts'
import { PacketReader } from '../gatt/packet-reader.ts'
import { be16 } from './apdu.ts'
import { readAttributes } from './attribute-list.ts'
import { ATTRIBUTE, attributeName, BLOOD_PRESSURE, hex16, metricOf, PARTITION_SCADA, unitOf } from './attributes.ts'
import { readList } from './counted-list.ts'

/**
 * What an agent's objects are: type, unit, and which attributes an observation of fixed format consists of
 * (IEEE 11073-20601, ConfigReport). Standard configurations are known beforehand, extended ones come as a report.
 */

interface ValueMapEntry {
  readonly attribute: number
  readonly length: number
}
export type ValueMap = readonly ValueMapEntry[]

export interface ConfigObject {
  readonly handle: number
  /** MDC code of partition 2; absent for an object of another partition or without a type. */
  readonly code?: number
  readonly unitCode?: number
  /** More than one: agents of the same standard configuration differ; the length of an observation tells which. */
  readonly valueMaps: readonly ValueMap[]
  /** Components of a compound value. */
  readonly components?: readonly number[]
  readonly supplementalTypes: readonly number[]
  /** Of a scanner: what its grouped and fixed reports consist of, in order. */
  readonly scans: readonly { readonly handle: number; readonly map: ValueMap }[]
  /** As it came; empty for a standard configuration. */
  readonly bytes: Uint8Array
}

export interface Configuration {
  readonly id: number
  readonly objects: ReadonlyMap<number, ConfigObject>
}

const readValueMap = (packet: PacketReader, name: string): ValueMap =>
  readList(packet, name, () => {
    const attribute = packet.u16be('attribute-id')
    packet.explain(attributeName(attribute))
    return { attribute, length: packet.u16be('attribute-len') }
  })

type Draft = { -readonly [Key in keyof ConfigObject]: ConfigObject[Key] }

function readAttribute(packet: PacketReader, id: number, name: string, length: number, object: Draft): void {
  switch (id) {
    case ATTRIBUTE.type: {
      const partition = packet.u16be('Type.partition')
      const code = packet.u16be('Type.code')
      packet.explain(
        `${hex16(code)} ${metricOf(code)?.name ?? (code === BLOOD_PRESSURE ? 'MDC_PRESS_BLD_NONINV' : '')}`.trim(),
      )
      if (partition === PARTITION_SCADA) object.code = code
      break
    }
    case ATTRIBUTE.unitCode:
      object.unitCode = packet.u16be(name)
      packet.explain(`${hex16(object.unitCode)} ${unitOf(object.unitCode) ?? 'unknown'}`)
      break
    case ATTRIBUTE.attributeValueMap:
      object.valueMaps = [readValueMap(packet, name)]
      break
    case ATTRIBUTE.metricIdList:
      object.components = readList(packet, name, () => packet.u16be('metric-id'))
      break
    case ATTRIBUTE.supplementalTypes:
      object.supplementalTypes = readList(packet, name, () => {
        packet.u16be('partition')
        return packet.u16be('code')
      })
      break
    case ATTRIBUTE.scanHandleAttrValMap:
      object.scans = readList(packet, name, () => ({
        handle: packet.u16be('obj-handle'),
        map: readValueMap(packet, 'attr-val-map'),
      }))
      break
    default:
      packet.bytes(name, length)
  }
}

function readObject(packet: PacketReader, bytes: Uint8Array): ConfigObject {
  const start = packet.offset
  packet.u16be('obj-class')
  const object: Draft = {
    handle: packet.u16be('obj-handle'),
    valueMaps: [],
    supplementalTypes: [],
    scans: [],
    bytes: new Uint8Array(),
  }
  readAttributes(packet, 'attributes', (id, name, length) => readAttribute(packet, id, name, length, object))
  object.bytes = bytes.slice(start, packet.offset)
  return object
}

/** ConfigReport. @param bytes those that `packet` reads */
export function readConfiguration(packet: PacketReader, bytes: Uint8Array): Configuration {
  const id = packet.u16be('config-report-id')
  const objects = readList(packet, 'config-obj-list', () => readObject(packet, bytes))
  return { id, objects: new Map(objects.map((object) => [object.handle, object])) }
}

/** The configuration, or the part of it that these handles need, as a ConfigReport; a standard one is its id alone. */
export function configurationBytes(configuration: Configuration, handles: ReadonlySet<number>): Uint8Array {
  const needed = [...configuration.objects.values()].filter((o) => handles.has(o.handle) && o.bytes.length > 0)
  const objects = needed.flatMap((object) => [...object.bytes])
  return Uint8Array.from([...be16(configuration.id), ...be16(needed.length), ...be16(objects.length), ...objects])
}

/** @param standard finds a standard configuration by its id. @throws PreCareError when there is none of this id */
export function configurationOf(bytes: Uint8Array, standard: (id: number) => Configuration | undefined): Configuration {
  const reported = readConfiguration(new PacketReader(bytes), bytes)
  if (reported.objects.size > 0) return reported
  const known = standard(reported.id)
  if (known === undefined) {
    throw new PreCareError('packet-malformed', `configuration ${hex16(reported.id)} is no known standard one`)
  }
  return known
}

export const lengthOf = (map: ValueMap): number => map.reduce((sum, entry) => sum + entry.length, 0)

/** True when the house knows what at least one object measures. */
export function measuresAnything(configuration: Configuration): boolean {
  const codes = [...configuration.objects.values()].map((object) => object.code)
  return codes.some((code) => code !== undefined && (code === BLOOD_PRESSURE || metricOf(code) !== undefined))
}
