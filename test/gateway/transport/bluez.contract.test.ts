import { bleTransportContract } from '../../contract/transport.contract.ts'
import { startBluezHub, withDbus } from './bluez-fixture.ts'
import { contractSetting } from './contract-device.ts'

withDbus('bluez', () => {
  bleTransportContract('bluetoothd on a private bus', async () => {
    const { bluez, transport } = await startBluezHub({ deadlines: { connectMs: 500 } })
    return contractSetting(bluez, transport)
  })
})
