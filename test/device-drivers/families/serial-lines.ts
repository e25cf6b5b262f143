import type { Family } from './family.ts'

/** Devices on a serial line. */
export const serialLines: Family = {
  samples: {},
  sources: {},
  notYetSupported: {
    'SPP 9600? Lung Monitor 4000 frame': 1,
    'serial 9600 8N1 Masimo ASCII line': 3,
    'serial 9600 8N1 Ultra2 ASCII line': 2,
  },
  services: [],
  checks: {},
  exceptions: {},
}
