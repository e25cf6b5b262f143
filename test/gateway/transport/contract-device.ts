import { onTestFinished } from 'vitest'
import type { AttachedPeripheral, PeripheralDefinition } from '../../../simulators/bluetooth/peripheral.ts'
import type { BleSetting } from '../../contract/transport.contract.ts'
import { ADDRESS, bytes, device, hexOf, MEASUREMENT } from './radio-fixture.ts'

interface Radio {
  attach(definition: PeripheralDefinition): Pick<AttachedPeripheral, 'startAdvertising' | 'detach' | 'link'>
}

/** The device that the contract of Bluetooth transports asks for, advertising until the end of the test. */
export function contractSetting(radio: Radio, transport: BleSetting['transport']): BleSetting {
  const written: string[] = []
  const peripheral = radio.attach(
    device(
      ADDRESS,
      [
        { uuid: '2A29', properties: ['read'], value: bytes('414344') },
        { uuid: '2A08', properties: ['write'], onWrite: (value) => void written.push(hexOf(value)) },
        { uuid: MEASUREMENT, properties: ['indicate'] },
      ],
      { onDisconnect: () => peripheral.startAdvertising() },
    ),
  )
  peripheral.startAdvertising()
  onTestFinished(() => peripheral.detach())
  return {
    transport,
    address: ADDRESS,
    missing: '00:00:00:00:00:01',
    device: {
      written,
      indicate: async (value) => peripheral.link?.indicate(MEASUREMENT, value),
      disconnect: () => peripheral.link?.disconnect(),
    },
  }
}
