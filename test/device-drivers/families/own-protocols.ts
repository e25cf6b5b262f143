import { expect } from 'vitest'
import type { Decoded } from '../../../device-drivers/driver.ts'
import { advertisement, type Check, type Family } from './family.ts'

/** Vendors' Bluetooth devices with a protocol of their own, and spirometers. */

const named = (name: string, services: readonly string[] = ['FF12']) => advertisement({ name, services })

const fieldIs =
  (name: string): Check =>
  (about, expected) =>
    expect(about.fields.find((field) => field.name === name)?.value).toBe(expected)

const valueIs =
  (name: string): Check =>
  ({ measurements: [first] }: Decoded, expected) =>
    expect(first?.values[name]).toMatchObject({ value: expected })

export const ownProtocols: Family = {
  samples: {
    'nonin-ble': advertisement({ name: 'Nonin3230_502343234', services: ['46A970E00D5F11E28B5E0002A5D5C51B', '1822'] }),
    'viatom-ring': named('O2Ring 1234', ['14839AC47D7E415C9A42167340CF2339']),
    'contec-cms50d-bt': named('SpO202'),
    'beurer-po60': named('PO60'),
    'jumper-oximeter': named('My Oximeter', ['CDEACB8052354C07884693A37EE6B86D']),
    'andesfit-spirometer': named('BLE-MSA', ['FFF0']),
    'contec-sp80b': named('SP80B01'),
    'onetouch-verio': named('OneTouch Flex', ['AF9DF7A1E59511E396B40002A5D5C51B']),
  },
  sources: {
    'nonin-ble': ['0AAD7EA00D6011E28E3C0002A5D5C51B', 'unsettled'],
    'viatom-ring': ['0734594AA8E74B1AA6B1CD5243059A57', 'unsettled'],
    'contec-cms50d-bt': ['FF02', 'unsettled'],
    'beurer-po60': ['FF02', 'po60-as-sent'],
    'jumper-oximeter': ['CDEACB8152354C07884693A37EE6B86D', 'unsettled'],
    'andesfit-spirometer': ['FF0B', 'andesfit-frame'],
    'contec-sp80b': ['FF02', 'sp80b-as-sent'],
    'onetouch-verio': ['AF9DF7A3E59511E396B40002A5D5C51B', 'AF9DF7A2E59511E396B40002A5D5C51B'],
  },
  notYetSupported: {},
  services: ['util', 'vendor FF12', 'FFF0', 'AF9DF7A1', '14839AC4', '14839AC4-7D7E-415C-9A42-167340CF2339'],
  checks: {
    crc: ({ fields }, expected) => expect(fields.at(-1)?.note).toBe(expected),
    battery: fieldIs('Battery'),
    fev1_L: valueIs('fev1'),
    pef_Lmin: valueIs('peakFlow'),
    // A framed command: it is decoded only when its CRC, over everything behind the first byte, is right.
    note: ({ fields }) => expect(fields.map(({ name }) => name)).toContain('CRC'),
  },
  exceptions: {},
}
