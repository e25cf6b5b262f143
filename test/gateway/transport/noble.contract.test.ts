import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { VirtualController } from '../../../simulators/bluetooth/controller.ts'
import { listenH4 } from '../../../simulators/bluetooth/controller.ts'
import { type BleSetting, bleTransportContract } from '../../contract/transport.contract.ts'
import { bytes, device, hexOf, MEASUREMENT, startController, startHub, temporaryFolder } from './radio-fixture.ts'

const ADDRESS = '11:22:33:44:55:66'
const deadlines = { connectMs: 300 }

function settingOn(controller: VirtualController, transport: BleSetting['transport']): BleSetting {
  const written: string[] = []
  const peripheral = controller.attach(
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

bleTransportContract('noble on a controller of this process', async () => {
  const { adapter, controller } = startController()
  const { transport } = await startHub({ adapter, deadlines })
  return settingOn(controller, transport)
})

bleTransportContract('noble on a controller behind a unix socket', async () => {
  const { adapter, controller } = startController({ plugged: false })
  const path = join(temporaryFolder(), 'hci')
  const server = await listenH4(controller, path)
  onTestFinished(() => server.close())
  process.env['PRECARE_VIRTUAL_HCI'] = path
  onTestFinished(() => {
    delete process.env['PRECARE_VIRTUAL_HCI']
  })
  const { transport } = await startHub({ adapter, deadlines })
  return settingOn(controller, transport)
})
