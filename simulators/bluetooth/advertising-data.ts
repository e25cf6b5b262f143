import { PreCareError } from '../../device-drivers/errors.ts'
import { join, uuidOctets } from './octets.ts'
import type { AdvertisingDefinition } from './peripheral.ts'

/** Octets of advertising data in a legacy PDU (Core, Vol 6, Part B, 2.3.1.1). */
const LEGACY_DATA = 31

/** AD types (Assigned Numbers, 2.3). */
const AD = {
  flags: 0x01,
  services16: 0x03,
  services128: 0x07,
  name: 0x09,
  serviceData16: 0x16,
  serviceData128: 0x21,
  manufacturer: 0xff,
} as const

const structure = (type: number, ...parts: readonly (number | Uint8Array)[]): Buffer => {
  const data = join(type, ...parts)
  return join(data.length, data)
}

function serviceLists(services: readonly string[]): Buffer[] {
  const all = services.map(uuidOctets)
  const list = (type: number, length: number) => {
    const some = all.filter((uuid) => uuid.length === length)
    return some.length > 0 ? [structure(type, ...some)] : []
  }
  return [...list(AD.services16, 2), ...list(AD.services128, 16)]
}

/**
 * AD structures (Core Supplement, Part A) of the advertisement and of the scan response.
 * @throws PreCareError config-invalid when either is longer than a legacy PDU
 */
export function advertisingData(definition: AdvertisingDefinition): { data: Buffer; scanResponse: Buffer } {
  const name = definition.name === undefined ? [] : [structure(AD.name, Buffer.from(definition.name, 'utf8'))]
  const data = join(
    ...(definition.flags === undefined ? [] : [structure(AD.flags, definition.flags)]),
    ...serviceLists(definition.services ?? []),
    ...Object.entries(definition.serviceData ?? {}).map(([uuid, value]) => {
      const octets = uuidOctets(uuid)
      return structure(octets.length === 2 ? AD.serviceData16 : AD.serviceData128, octets, value)
    }),
    ...(definition.manufacturerData === undefined ? [] : [structure(AD.manufacturer, definition.manufacturerData)]),
    ...(definition.nameInScanResponse ? [] : name),
  )
  const scanResponse = join(...(definition.nameInScanResponse ? name : []))
  for (const [what, octets] of Object.entries({ advertisement: data, 'scan response': scanResponse })) {
    if (octets.length > LEGACY_DATA) {
      throw new PreCareError('config-invalid', `the ${what} is ${octets.length} octets long, ${LEGACY_DATA} fit`)
    }
  }
  return { data, scanResponse }
}
