import type { Family } from './family.ts'

/** Glucose, continuous glucose, body composition and user data: services with stored records. */
export const storedRecords: Family = {
  samples: {},
  sources: {},
  notYetSupported: {
    '1808 2A18': 8,
    '1808 2A34': 1,
    '1808 2A51': 1,
    '1808 2A52': 10,
    '1810 2A52': 4,
    '181B 2A9C': 1,
    '181F 2AA7': 5,
    '181F 2AA8': 4,
    '181F 2AAA': 2,
  },
  services: [],
  checks: {},
  exceptions: {},
}
