import { onTestFinished } from 'vitest'
import { bleTransportContract } from '../../contract/transport.contract.ts'
import { startBluezHub, withDbus } from './bluez-fixture.ts'
import { bytes, device, hexOf, MEASUREMENT } from './radio-fixture.ts'

const ADDRESS = '11:22:33:44:55:66'

withDbus('bluez', () => {
  bleTransportContract('bluetoothd on a private bus', async () => {
    const { bluez, transport } = await startBluezHub({ deadlines: { connectMs: 500 } })
    const written: string[] = []
    const peripheral = bluez.attach(
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
  })
})
