import { expect, test } from 'vitest'
import { projectUuid, toAdvertisement } from '../../../gateway/transport/advertisement.ts'

test('UUIDs are four digits, or thirty-two where they are no SIG number', () => {
  expect(projectUuid('180d')).toBe('180D')
  expect(projectUuid('fe')).toBe('00FE')
  expect(projectUuid('0000180d00001000800000805f9b34fb')).toBe('180D')
  expect(projectUuid('0000180D-0000-1000-8000-00805F9B34FB')).toBe('180D')
  expect(projectUuid('46a970e00d5f11e28b5e0002a5d5c51b')).toBe('46A970E00D5F11E28B5E0002A5D5C51B')
  expect(projectUuid('12345678')).toBe('1234567800001000800000805F9B34FB')
  expect(projectUuid('0000180d')).toBe('180D')
})

test('an advertisement is a copy in the project’s terms', () => {
  const manufacturerData = Buffer.from('ffff01', 'hex')
  const seen = toAdvertisement({
    address: 'AA:BB:CC:DD:EE:FF',
    addressType: 'random',
    connectable: true,
    rssi: -60,
    advertisement: {
      localName: 'cuff',
      manufacturerData,
      serviceUuids: ['1810', 'fe'],
      serviceData: [{ uuid: '181d', data: Buffer.from('02', 'hex') }],
    },
  })
  manufacturerData[2] = 9
  expect(seen).toEqual({
    address: 'aa:bb:cc:dd:ee:ff',
    addressType: 'random',
    name: 'cuff',
    services: ['1810', '00FE'],
    manufacturerData: Uint8Array.of(0xff, 0xff, 1),
    serviceData: { '181D': Uint8Array.of(2) },
    connectable: true,
    rssi: -60,
  })
})

test('what a device does not say is not there', () => {
  const heard = { address: '00:00:00:00:00:01', addressType: 'public', connectable: false, rssi: 0 }
  expect(toAdvertisement({ ...heard, advertisement: {} })).toEqual({
    address: '00:00:00:00:00:01',
    addressType: 'public',
    services: [],
    serviceData: {},
    connectable: false,
    rssi: 0,
  })
})
