import { expect, test } from 'vitest'
import { isPreCareError } from '../../../device-drivers/errors.ts'
import { VirtualController } from '../../../simulators/bluetooth/controller.ts'
import { ManualTime } from '../../../simulators/time.ts'
import { aPeripheral } from './central.ts'

/** A host that speaks HCI by hand. */
function host(options: Partial<ConstructorParameters<typeof VirtualController>[0]> = {}) {
  const time = new ManualTime()
  const controller = new VirtualController({ time, ...options })
  const heard: string[] = []
  const port = controller.connectHost((packet) => void heard.push(Buffer.from(packet).toString('hex')))
  /** @returns the packets that follow, in hex */
  const say = (hex: string) => {
    port.receive(Buffer.from(hex, 'hex'))
    return heard.splice(0)
  }
  return { time, controller, port, heard, say }
}

const connectTo = (address: string, type = '01') =>
  `010d2019 6000 3000 00 ${type} ${Buffer.from(address.replaceAll(':', ''), 'hex').reverse().toString('hex')} 00 0600 1200 0000 2a00 0400 0600`.replaceAll(
    ' ',
    '',
  )

test('every command that the stack uses is answered in the form that the specification gives it', () => {
  const { say } = host({ address: '02:00:00:00:00:09' })
  expect(say('01030c00')).toEqual(['040e0401030c00'])
  expect(say('01010c08fffffbff07f8bf3d')).toEqual(['040e0401010c00'])
  expect(say('016d0c020100')).toEqual(['040e04016d0c00'])
  expect(say('016c0c00')).toEqual(['040e06016c0c000100'])
  expect(say('01011000')).toEqual(['040e0c0101100009000009ffff0000'])
  expect(say('01051000')).toEqual(['040e0b01051000fb000008000000'])
  expect(say('01091000')).toEqual(['040e0a01091000090000000002'])
  expect(say('010120081f00000000000000')).toEqual(['040e0401012000'])
  expect(say('01022000')).toEqual(['040e0701022000fb0008'])
  expect(say('010b200701120012000000')).toEqual(['040e04010b2000'])
  expect(say('010c20020100')).toEqual(['040e04010c2000'])
})

test('what cannot be done is refused with the code for it', () => {
  const { say } = host()
  expect(say('01ffff00')).toEqual(['040f040101ffff']) // unknown command
  expect(say('010c200101')).toEqual(['040e04010c2012']) // too few parameters
  say('010c20020100')
  expect(say('010b200701120012000000')).toEqual(['040e04010b200c']) // parameters while scanning
  expect(say('010e2000')).toEqual(['040e04010e200c']) // nothing to cancel
  expect(say('010604034000 13'.replace(' ', ''))).toEqual(['040f0402010604']) // no such link
  expect(say('010514024000')).toEqual(['040e06010514024000']) // with the handle it was asked about
  expect(say(`0119201c4000${'00'.repeat(26)}`)).toEqual(['040f0402011920'])
  expect(say(`0113200e4000${'00'.repeat(12)}`)).toEqual(['040f0402011320'])
})

test('only one connection is set up at a time, and cancelling it says so twice', () => {
  const { say } = host()
  expect(say(connectTo('c0:00:00:00:00:01'))).toEqual(['040f0400010d20'])
  expect(say(connectTo('c0:00:00:00:00:02'))).toEqual(['040f040c010d20'])
  expect(say('010e2000')).toEqual(['040e04010e2000', '043e1301020000000101000000 00c0120000002a0000'.replace(' ', '')])
})

test('a link comes with the next connectable advertisement of that address and that address type', () => {
  const { say, controller, time, heard } = host()
  const definition = aPeripheral([], { addressType: 'random' })
  const peripheral = controller.attach(definition)
  peripheral.startAdvertising()
  say(connectTo(definition.address, '00'))
  time.advance(1_000)
  expect(heard).toEqual([])
  say('010e2000')
  say(connectTo(definition.address))
  time.advance(1_000)
  expect(heard.splice(0)).toHaveLength(1)
  expect(peripheral.link).toBeDefined()
  expect(say(connectTo(definition.address))).toEqual(['040f040b010d20']) // there is one already
})

test('a connection ends advertising, and only the device starts it again', () => {
  const { say, controller, time, heard } = host()
  const definition = aPeripheral([])
  const peripheral = controller.attach(definition)
  peripheral.startAdvertising()
  say(connectTo(definition.address))
  time.advance(1_000)
  peripheral.link?.disconnect()
  say('010c20020100')
  time.advance(1_000)
  expect(heard).toEqual([])
  peripheral.startAdvertising()
  time.advance(1_000)
  expect(heard.length).toBeGreaterThan(0)
})

test('a faulty controller refuses or swallows the command it is told to, and runs the others', () => {
  const { say } = host({
    commandFault: (opcode) =>
      opcode === 0x1009 ? 'drop' : opcode === 0x200d ? 0x0d : opcode === 0x1405 ? 0x1f : undefined,
  })
  expect(say('01091000')).toEqual([])
  expect(say(connectTo('c0:00:00:00:00:01'))).toEqual(['040f040d010d20'])
  expect(say('010514024000')).toEqual(['040e060105141f4000'])
  expect(say('01022000')).toEqual(['040e0701022000fb0008'])
})

test('two hosts on one adapter see each other’s commands and all events', () => {
  const { say, controller, heard } = host()
  const other: string[] = []
  const port = controller.connectHost((packet) => void other.push(Buffer.from(packet).toString('hex')))
  port.receive(Buffer.from('010c20020100', 'hex'))
  expect(other).toEqual(['040e04010c2000'])
  expect(heard.splice(0)).toEqual(['010c20020100', '040e04010c2000'])
  say('01022000')
  expect(other.slice(1)).toEqual(['01022000', '040e0701022000fb0008'])
})

test('when the last host goes, its links and its scan go with it', () => {
  const reasons: number[] = []
  const { say, controller, time, port } = host()
  const definition = aPeripheral([], { onDisconnect: (reason) => void reasons.push(reason) })
  controller.attach(definition).startAdvertising()
  say('010c20020100')
  say(connectTo(definition.address))
  time.advance(1_000)
  port.close()
  expect(reasons).toEqual([0x08])
  const heard: string[] = []
  controller.connectHost((packet) => void heard.push(Buffer.from(packet).toString('hex')))
  controller.attach(aPeripheral([])).startAdvertising()
  time.advance(1_000)
  expect(heard).toEqual([])
})

test('a host that sends more than it has credit for is told, and a packet for nobody is dropped', () => {
  const { say, controller, time, heard } = host({ aclCount: 2 })
  const definition = aPeripheral([])
  const peripheral = controller.attach(definition)
  peripheral.startAdvertising()
  say(connectTo(definition.address))
  time.advance(1_000)
  heard.splice(0)
  if (peripheral.link) peripheral.link.stalled = true
  const readRequest = '0240000700030004000a0300'
  expect(say(readRequest)).toEqual([])
  expect(say(readRequest)).toEqual([])
  expect(say(readRequest)).toEqual(['041a0101'])
  expect(say('0241000700030004000a0300')).toEqual([])
  expect(say('02400007')).toEqual([]) // shorter than it says
})

test('advertising data that do not fit into 31 octets are an error of the definition, at once', () => {
  const { controller } = host()
  const peripheral = controller.attach(
    aPeripheral([], { advertising: () => ({ intervalMs: 5, name: 'a name that is far too long to fit' }) }),
  )
  expect(() => peripheral.startAdvertising()).toThrow(
    expect.toSatisfy((error) => isPreCareError(error, 'config-invalid')),
  )
})

test('the same seed gives the same run', () => {
  const run = () => {
    const { say, controller, time, heard } = host()
    controller.attach({ ...aPeripheral([]), address: 'c0:00:00:00:00:77' }).startAdvertising()
    say('010c20020100')
    const times: number[] = []
    for (let ms = 0; ms < 500; ms += 1) {
      time.advance(1)
      if (heard.splice(0).length > 0) times.push(ms)
    }
    return times
  }
  const first = run()
  expect(first.length).toBeGreaterThan(30)
  expect(run()).toEqual(first)
})
