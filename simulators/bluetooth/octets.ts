import { PreCareError } from '../../device-drivers/errors.ts'

/** Bluetooth sends the least significant octet first almost everywhere; these turn the written forms into that order. */

/** @param address 'aa:bb:cc:dd:ee:ff', most significant octet first as people write it */
export function addressOctets(address: string): Buffer {
  const octets = Buffer.from(address.replaceAll(':', ''), 'hex').reverse()
  if (octets.length !== 6) throw new PreCareError('config-invalid', `'${address}' is no Bluetooth address`)
  return octets
}

/** @returns 'aa:bb:cc:dd:ee:ff' */
export function addressText(octets: Uint8Array): string {
  return [...octets]
    .reverse()
    .map((octet) => octet.toString(16).padStart(2, '0'))
    .join(':')
}

/**
 * @param uuid '2A35' or 32 hex digits, with or without hyphens
 * @returns 2 or 16 octets
 */
export function uuidOctets(uuid: string): Buffer {
  const octets = Buffer.from(uuid.replaceAll('-', ''), 'hex').reverse()
  if (octets.length !== 2 && octets.length !== 16) throw new PreCareError('config-invalid', `'${uuid}' is no UUID`)
  return octets
}

/** Two octets, least significant first. */
export function u16(value: number): readonly [number, number] {
  return [value & 0xff, (value >>> 8) & 0xff]
}

/** Joins octets and runs of octets into a buffer of their own. */
export function join(...parts: readonly (number | readonly number[] | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.map((part) =>
      typeof part === 'number' ? Uint8Array.of(part) : part instanceof Uint8Array ? part : Uint8Array.from(part),
    ),
  )
}

/** A Buffer onto the same memory, for its little-endian readers. */
export function view(octets: Uint8Array): Buffer {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
}
