import { afterEach, expect, test } from 'vitest'
import { isPreCareError } from '../../../device-drivers/errors.ts'
import { attachInProcess, VirtualController } from '../../../simulators/bluetooth/controller.ts'
import { realTime } from '../../../simulators/time.ts'
import { aPeripheral, type Central, discovered, event, openCentral, openNoble, reaches } from './central.ts'

let open: { close(): void }[] = []
afterEach(() => {
  for (const each of open.splice(0)) each.close()
  open = []
})

async function aCentral(): Promise<Central> {
  const central = await openCentral()
  open.push(central)
  return central
}

test('an adapter that goes off takes its links along without a word, and works again when it is back', async () => {
  const { controller, noble, find } = await aCentral()
  const { promise: ended, resolve } = Promise.withResolvers<number>()
  const definition = aPeripheral([], { onDisconnect: resolve })
  const peripheral = controller.attach(definition)
  peripheral.startAdvertising()
  const remote = await find(definition.address)
  await remote.connectAsync()
  let heard = false
  remote.once('disconnect', () => {
    heard = true
  })
  controller.powered = false
  expect(await ended).toBe(0x08)
  await reaches(noble, 'poweredOff')
  expect(heard).toBe(false) // noble believes in the link still; so does real noble on a real adapter
  controller.powered = true
  await reaches(noble, 'poweredOn')
  peripheral.startAdvertising()
  expect((await find(definition.address)).address).toBe(definition.address)
})

test('a host that comes before its adapter gets it when it is plugged in', async () => {
  const controller = new VirtualController({ time: realTime() })
  controller.powered = false
  const opened = openNoble(controller)
  open.push(opened)
  await reaches(opened.noble, 'poweredOff')
  controller.powered = true
  await reaches(opened.noble, 'poweredOn')
})

test('two adapters in one process are two', async () => {
  const [one, two] = [await aCentral(), await aCentral()]
  const definition = aPeripheral([])
  one.controller.attach(definition).startAdvertising()
  const other = aPeripheral([])
  two.controller.attach(other).startAdvertising()
  let strayed = false
  void discovered(two.noble, definition.address).then(() => {
    strayed = true
  })
  await one.find(definition.address)
  await two.find(other.address)
  expect(strayed).toBe(false)
})

test('an adapter that is replaced by another is one that was unplugged and one that was plugged in', async () => {
  const first = new VirtualController({ time: realTime(), address: '02:00:00:00:00:0a' })
  const opened = openNoble(first)
  open.push(opened)
  await reaches(opened.noble, 'poweredOn')
  opened.detach()
  await reaches(opened.noble, 'poweredOff')
  const second = new VirtualController({ time: realTime(), address: '02:00:00:00:00:0b' })
  open.push({ close: attachInProcess(opened.deviceId, second).detach })
  await reaches(opened.noble, 'poweredOn')
  while (opened.noble.address !== second.address) await event(opened.noble._bindings._hci, 'addressChange')
  expect(opened.noble.address).toBe('02:00:00:00:00:0b')
})

test('a device id is given once', () => {
  const controller = new VirtualController({ time: realTime() })
  const attached = attachInProcess(900, controller)
  expect(() => attachInProcess(900, controller)).toThrow(
    expect.toSatisfy((error) => isPreCareError(error, 'config-invalid')),
  )
  attached.detach()
  attachInProcess(900, controller).detach()
})
