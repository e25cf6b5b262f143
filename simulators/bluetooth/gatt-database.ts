import { join, u16, uuidOctets } from './octets.ts'
import type { CharacteristicDefinition, CharacteristicProperty, ServiceDefinition } from './peripheral.ts'

export const TYPE_PRIMARY_SERVICE = uuidOctets('2800')
const TYPE_CHARACTERISTIC = uuidOctets('2803')
const TYPE_CCCD = uuidOctets('2902')

/** Characteristic properties (Core, Vol 3, Part G, 3.3.1.1). */
const PROPERTY_BITS: Readonly<Record<CharacteristicProperty, number>> = {
  read: 0x02,
  'write-without-response': 0x04,
  write: 0x08,
  notify: 0x10,
  indicate: 0x20,
}

interface Attribute {
  readonly handle: number
  /** UUID, 2 or 16 octets, least significant first. */
  readonly type: Buffer
}
/** A declaration: constant, readable by anybody. `end` is the last handle of a service. */
interface Declaration extends Attribute {
  readonly kind: 'declaration'
  readonly value: Buffer
  readonly end?: number
}
interface ValueAttribute extends Attribute {
  readonly kind: 'value'
  readonly characteristic: CharacteristicDefinition
}
/** Client characteristic configuration; its value belongs to the link and the bond. */
interface Configuration extends Attribute {
  readonly kind: 'cccd'
  readonly characteristic: CharacteristicDefinition
}
export type GattAttribute = Declaration | ValueAttribute | Configuration

/** Where one characteristic lies. */
export interface CharacteristicHandles {
  readonly characteristic: CharacteristicDefinition
  readonly value: number
  readonly cccd: number | undefined
}

export interface GattDatabase {
  /** In the order of their handles, which count up from 1 without gaps. */
  readonly attributes: readonly GattAttribute[]
  readonly characteristics: readonly CharacteristicHandles[]
}

/** Lays services out as attributes (Core, Vol 3, Part G, 3): declaration, value and configuration of each characteristic. */
export function gattDatabase(services: readonly ServiceDefinition[]): GattDatabase {
  const attributes: GattAttribute[] = []
  const characteristics: CharacteristicHandles[] = []
  const next = () => attributes.length + 1

  const addCharacteristic = (characteristic: CharacteristicDefinition) => {
    const type = uuidOctets(characteristic.uuid)
    const properties = characteristic.properties.reduce((bits, property) => bits | PROPERTY_BITS[property], 0)
    const declaration = next()
    const value = declaration + 1
    attributes.push(
      {
        kind: 'declaration',
        handle: declaration,
        type: TYPE_CHARACTERISTIC,
        value: join(properties, u16(value), type),
      },
      { kind: 'value', handle: value, type, characteristic },
    )
    const pushes = characteristic.properties.includes('notify') || characteristic.properties.includes('indicate')
    const cccd = pushes ? next() : undefined
    if (cccd !== undefined) attributes.push({ kind: 'cccd', handle: cccd, type: TYPE_CCCD, characteristic })
    characteristics.push({ characteristic, value, cccd })
  }

  for (const service of services) {
    const handle = next()
    const index = attributes.length
    const declaration = {
      kind: 'declaration',
      handle,
      type: TYPE_PRIMARY_SERVICE,
      value: uuidOctets(service.uuid),
    } as const
    attributes.push(declaration)
    for (const characteristic of service.characteristics) addCharacteristic(characteristic)
    attributes[index] = { ...declaration, end: attributes.length }
  }
  return { attributes, characteristics }
}

/** Upper or lower case, with or without hyphens: the same UUID. */
export function findCharacteristic(database: GattDatabase, uuid: string): CharacteristicHandles | undefined {
  const wanted = uuidOctets(uuid)
  return database.characteristics.find(({ characteristic }) => uuidOctets(characteristic.uuid).equals(wanted))
}
