import { expect } from 'vitest'
import { AND_WEIGHT } from '../../../device-drivers/ble/and-scale.ts'
import type { Decoded } from '../../../device-drivers/driver.ts'
import { bytesOf } from '../hex.ts'
import { advertisement, type Check, type Family } from './family.ts'

/** Vendors' devices that follow a SIG service with a quirk, and those that only advertise. */

const field = (about: Decoded, name: string): Decoded['fields'][number] => {
  const found = about.fields.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no field '${name}'`)
  return found
}

const fieldIs =
  (name: string): Check =>
  (about, expected) =>
    expect(field(about, name).value).toBe(expected)

const UNITS: Readonly<Record<string, string>> = { kg: 'kg', lb: '[lb_av]' }

/** Omron names its mode in the capital of its name; a Xiaomi scale says whether somebody or something stands on it. */
const mode: Check = (about, expected) => {
  if (expected === 'transfer' || expected === 'pairing') {
    expect(field(about, 'Prefix').note).toBe(`${expected} mode`)
    return
  }
  expect(field(about, 'Object').value).toBe(expected === 'object')
  expect(about.measurements).toHaveLength(expected === 'object' ? 0 : 1)
}

export const vendorBle: Family = {
  samples: {
    'and-blood-pressure': advertisement({ name: 'A&D_UA-651BLE_0A1B2C', services: ['1810'] }),
    'and-thermometer': advertisement({ name: 'A&D_UT201BLE_0A1B2C', services: ['1809'] }),
    'and-scale': advertisement({ name: 'A&D_UC-352BLE_0A1B2C', services: ['181D'] }),
    'omron-blood-pressure': advertisement({ name: 'BLESmart_0000021F005FBF88C25B', services: ['1810'] }),
    'omron-scale': advertisement({ name: 'BLESmart_00010112F974C431DBE2', services: ['181D'] }),
    'beurer-blood-pressure': advertisement({ name: 'BM54', services: ['1810'] }),
    'silvercrest-blood-pressure': advertisement({ name: 'SBM69', services: ['1810'] }),
    'polar-heart-rate': advertisement({ name: 'Polar H10 12345678', services: ['180D'] }),
    'soehnle-scale': advertisement({ name: 'Shape50', services: ['181B'] }),
    'contour-next': advertisement({ name: 'Contour7901H1F64699', services: ['1808'] }),
    'xiaomi-scale': advertisement({
      name: 'MI SCALE2',
      services: ['181D'],
      serviceData: { '181D': bytesOf('223E30E607020E10293A') },
    }),
    'xiaomi-composition-scale': advertisement({
      name: 'MIBFS',
      services: ['181B'],
      serviceData: { '181B': bytesOf('0226E607020E10293AF7019A38') },
    }),
  },
  sources: {
    'and-blood-pressure': ['2A35'],
    'and-thermometer': ['2A1C', '2A1D'],
    'and-scale': [AND_WEIGHT, '2A9D', '2A9E'],
    'omron-blood-pressure': ['2A35'],
    'omron-scale': ['2A9D', '2A9E'],
    'beurer-blood-pressure': ['2A35'],
    'silvercrest-blood-pressure': ['2A35'],
    'polar-heart-rate': ['2A37', '2A38', 'unsettled'],
    'soehnle-scale': ['2A9C', '2A9D', '2A9E'],
    'contour-next': ['2A18', '2A34'],
    'xiaomi-scale': ['181D', '181D advertisement'],
    'xiaomi-composition-scale': ['181B', '181B advertisement'],
  },
  notYetSupported: {},
  services: ['181B adv', '181D adv', 'Omron EEPROM', 'Omron WLP', 'adv'],
  checks: {
    weight: fieldIs('Weight'),
    unit: (about, expected) => expect(field(about, 'Weight').unit).toBe(UNITS[String(expected)]),
    timestamp: fieldIs('Time Stamp'),
    mode,
    weighing_mode: mode,
    impedance: fieldIs('Impedance'),
    bpm: (about, expected) => {
      expect(field(about, 'Heart Rate').value).toBe(expected)
      expect(about.measurements).toMatchObject([{ kind: 'heart-rate', values: { heartRate: { value: expected } } }])
    },
    text: (about, expected) => {
      const parts = ['Prefix', 'Model Identifier', 'Bluetooth Address'].map((name) => field(about, name).value)
      expect(parts.join('')).toBe(expected)
    },
    model: (about, expected) => expect(field(about, 'Model Identifier').note).toBe(expected),
    weightKg: (about, expected) => {
      expect(field(about, 'Weight').value).toBe(expected)
      expect(about.measurements).toMatchObject([{ values: { weight: { value: expected, unit: 'kg', decimals: 2 } } }])
    },
    fatPercent: fieldIs('Body Fat Percentage'),
    skeletalMusclePercent: fieldIs('Skeletal Muscle Percentage'),
    bmi: fieldIs('Body Mass Index'),
    bmrKcal: fieldIs('Basal Metabolism'),
    visceralFat: fieldIs('Visceral Fat Level'),
    bodyAge: fieldIs('Body Age'),
    xorOfAllBytes: fieldIs('XOR of all bytes'),
    address: (about, expected) => expect(field(about, 'Address').value).toBe(Number.parseInt(String(expected), 16)),
    length: fieldIs('Size'),
  },
  exceptions: {},
}
