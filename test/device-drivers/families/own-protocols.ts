import type { Family } from './family.ts'

/** Vendors' Bluetooth devices with a protocol of their own, and spirometers. */
export const ownProtocols: Family = {
  samples: {},
  sources: {},
  notYetSupported: {
    '14839AC4 8B00ACE7': 1,
    '14839AC4-7D7E-415C-9A42-167340CF2339 0734594A-A8E7-4B1A-A6B1-CD5243059A57': 1,
    'AF9DF7A1 AF9DF7A2': 1,
    'FFF0 FF0B': 1,
    'util CRC-16/CCITT-FALSE': 1,
    'util CRC-16/MCRF4XX': 2,
    'vendor FF12 FF02': 1,
  },
  services: [],
  checks: {},
  exceptions: {},
}
