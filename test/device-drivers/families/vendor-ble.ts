import type { Family } from './family.ts'

/** Vendors' devices that follow a SIG service with a quirk, and those that only advertise. */
export const vendorBle: Family = {
  samples: {},
  sources: {},
  notYetSupported: {
    '181B adv service data': 7,
    '181D adv service data': 6,
    'Omron EEPROM HBF-702T 48-byte record': 2,
    'Omron WLP read EEPROM': 1,
    'Omron WLP start transmission': 1,
    'adv local name': 2,
    'adv mfr 006B': 1,
  },
  services: [],
  checks: {},
  exceptions: {},
}
