import type { Peripheral } from '@abandonware/noble'
import { event, openNobleBySocket, reaches } from './central.ts'

/**
 * A host in a process of its own, as a hub is: real noble, its socket module replaced on the command line. It prints what
 * happens, a line each.
 */
const print = (line: string) => process.stdout.write(`${line}\n`)

const noble = openNobleBySocket()
noble.on('stateChange', (state) => print(String(state)))
await reaches(noble, 'poweredOn')

for (;;) {
  const found = new Promise<void>((resolve) => {
    noble.once('discover', (peripheral: Peripheral) => {
      void (async () => {
        await noble.stopScanningAsync()
        await peripheral.connectAsync()
        const { characteristics } = await peripheral.discoverAllServicesAndCharacteristicsAsync()
        const value = await characteristics[0]?.readAsync()
        await peripheral.disconnectAsync()
        print(`${peripheral.address} ${value?.toString('hex')}`)
        resolve()
      })()
    })
  })
  await noble.startScanningAsync([], true)
  await found
  while (noble.state === 'poweredOn') await event(noble, 'stateChange')
  await reaches(noble, 'poweredOn')
}
