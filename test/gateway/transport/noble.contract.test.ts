import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { listenH4 } from '../../../simulators/bluetooth/controller.ts'
import { bleTransportContract } from '../../contract/transport.contract.ts'
import { contractSetting } from './contract-device.ts'
import { startController, startHub, temporaryFolder } from './radio-fixture.ts'

const deadlines = { connectMs: 300 }

bleTransportContract('noble on a controller of this process', async () => {
  const { adapter, controller } = startController()
  const { transport } = await startHub({ adapter, deadlines })
  return contractSetting(controller, transport)
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
  return contractSetting(controller, transport)
})
