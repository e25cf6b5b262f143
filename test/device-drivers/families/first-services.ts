import { advertisement, type Family } from './family.ts'

/** Blood pressure, weight, temperature, oximeter and heart rate services, and the first serial oximeters. */
export const firstServices: Family = {
  samples: {
    'blood-pressure-service': advertisement({ name: 'Cuff', services: ['1810'] }),
    'weight-scale-service': advertisement({ name: 'Scale', services: ['181D'] }),
    'thermometer-service': advertisement({ name: 'Thermo', services: ['1809'] }),
    'pulse-oximeter-service': advertisement({ name: 'Oxi', services: ['1822'] }),
    'heart-rate-service': advertisement({ name: 'Strap', services: ['180D', '180F'] }),
  },
  sources: {
    'blood-pressure-service': ['2A35'],
    'weight-scale-service': ['2A9D', '2A9E'],
    'thermometer-service': ['2A1C', '2A1D'],
    'pulse-oximeter-service': ['2A5E', '2A5F', 'unsettled'],
    'heart-rate-service': ['2A37', '2A38', 'unsettled'],
    'nonin-spot-check': ['nonin-df13', 'nonin-df13-again'],
    'nonin-stream': ['nonin-df8', 'nonin-df1', 'nonin-df2', 'nonin-df7', 'unsettled'],
  },
  notYetSupported: {},
  services: [],
  checks: {},
  exceptions: {},
}
