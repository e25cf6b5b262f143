import type { Advertisement, Decoded } from '../../../device-drivers/driver.ts'

/** Checks what a vector expects under one key. @throws an assertion error */
export type Check = (about: Decoded, expected: unknown, key: string) => void

/**
 * What a family of drivers gives the tests that run over all drivers. Each family has a file here, so that a new driver
 * is a line in its own family's file and in no other.
 */
export interface Family {
  /** One advertisement of each Bluetooth driver, by driver id, as its device sends it. */
  readonly samples: Readonly<Record<string, Advertisement>>
  /** Packets that a driver may find in a record: its own and its context, by driver id. Serial drivers too. */
  readonly sources: Readonly<Record<string, readonly [string, ...string[]]>>
  /** Groups of vectors ('service characteristic', and how many) that no decoder reads yet. */
  readonly notYetSupported: Readonly<Record<string, number>>
  /** Services of the vectors to which `checks` apply. */
  readonly services: readonly string[]
  /** What a key of a vector's `expected` means; goes before the checks that are common to all. */
  readonly checks: Readonly<Record<string, Check>>
  /** Vectors that are wrong, by id: the clause that says so, and what holds instead of `expected`. */
  readonly exceptions: Readonly<Record<string, { readonly clause: string; readonly check: (about: Decoded) => void }>>
}

export const advertisement = (about: Partial<Advertisement>): Advertisement => ({
  address: 'c0:ff:ee:00:00:01',
  addressType: 'public',
  services: [],
  serviceData: {},
  connectable: true,
  rssi: -60,
  ...about,
})
