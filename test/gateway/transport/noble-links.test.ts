import { expect, test } from 'vitest'
import { AttError } from '../../../simulators/bluetooth/peripheral.ts'
import { ManualTime } from '../../../simulators/time.ts'
import {
  ADDRESS,
  becomes,
  bytes,
  code,
  collect,
  device,
  hexOf,
  MEASUREMENT,
  SERVICE,
  startController,
  startHub,
} from './radio-fixture.ts'

const ATT_READ = 0x0a
const ATT_WRITE = 0x12

test('a device is heard, connected, read, written and closed', async () => {
  const { adapter, controller } = startController()
  const written: string[] = []
  const peripheral = controller.attach(
    device(ADDRESS, [
      { uuid: '2A29', properties: ['read'], value: bytes('414344') },
      { uuid: '2A08', properties: ['write'], onWrite: (value) => void written.push(hexOf(value)) },
      { uuid: '2A52', properties: ['write-without-response'], onWrite: (value) => void written.push(hexOf(value)) },
    ]),
  )
  peripheral.startAdvertising()
  const { transport, seen, signal } = await startHub({ adapter })
  const link = await transport.connect(ADDRESS, signal)
  expect(seen[0]).toEqual({
    address: ADDRESS,
    addressType: 'public',
    name: 'cuff',
    services: ['1810'],
    serviceData: {},
    connectable: true,
    rssi: expect.any(Number),
  })
  expect(link.has(SERVICE, '2A29')).toBe(true)
  expect(link.has(SERVICE, '2A00')).toBe(false)
  expect(hexOf(await link.read(SERVICE, '2A29'))).toBe('414344')
  await link.write(SERVICE, '2A08', bytes('0102'))
  await link.write(SERVICE, '2A52', bytes('03'))
  await becomes(() => written.length === 2)
  expect(written).toEqual(['0102', '03'])
  expect(transport.health()).toMatchObject({ state: 'ready', linksOpen: 1 })
  await link.close()
  await link.close()
  expect(link.lost.aborted).toBe(true)
  expect(peripheral.link).toBeUndefined()
  expect(transport.health().linksOpen).toBe(0)
})

test('notifications and indications arrive in order, and an indication is confirmed', async () => {
  const { adapter, controller } = startController()
  const peripheral = controller.attach(
    device(ADDRESS, [
      { uuid: MEASUREMENT, properties: ['indicate'] },
      { uuid: '2A36', properties: ['notify'] },
    ]),
  )
  peripheral.startAdvertising()
  const { transport, signal } = await startHub({ adapter })
  const link = await transport.connect(ADDRESS, signal)
  const indications = await link.subscribe(SERVICE, MEASUREMENT)
  const notifications = await link.subscribe(SERVICE, '2a36')
  const heard = collect(indications)
  await peripheral.link?.indicate(MEASUREMENT, bytes('01'))
  await peripheral.link?.indicate(MEASUREMENT, bytes('02'))
  for (const value of ['0a', '0b', '0c']) peripheral.link?.notify('2A36', bytes(value))
  peripheral.link?.disconnect()
  expect(await heard).toEqual(['01', '02'])
  expect(await collect(notifications)).toEqual(['0a', '0b', '0c'])
})

test('an indication is confirmed when its reader asks for the next value, and not before', async () => {
  const { adapter, controller } = startController()
  const peripheral = controller.attach(
    device(ADDRESS, [
      { uuid: MEASUREMENT, properties: ['indicate'] },
      { uuid: '2A36', properties: ['notify'] },
      { uuid: '2A29', properties: ['read'], value: bytes('41') },
    ]),
  )
  peripheral.startAdvertising()
  const { transport, signal } = await startHub({ adapter })
  const link = await transport.connect(ADDRESS, signal)
  const indications = (await link.subscribe(SERVICE, MEASUREMENT))[Symbol.asyncIterator]()
  const notifications = (await link.subscribe(SERVICE, '2A36'))[Symbol.asyncIterator]()
  let confirmed = 0
  const indicate = (value: string): Promise<void> | undefined =>
    peripheral.link?.indicate(MEASUREMENT, bytes(value)).then(() => {
      confirmed += 1
    })
  const first = indicate('01')
  expect(hexOf((await indications.next()).value)).toBe('01')
  // Whatever else goes on over the link meanwhile: the record is not on disk yet.
  peripheral.link?.notify('2A36', bytes('0a'))
  expect(hexOf((await notifications.next()).value)).toBe('0a')
  expect(hexOf(await link.read(SERVICE, '2A29'))).toBe('41')
  expect(confirmed).toBe(0)
  const next = indications.next()
  await first
  const second = indicate('02')
  expect(hexOf((await next).value)).toBe('02')
  expect(confirmed).toBe(1)
  // A reader that has what it wanted and stops has used the value too.
  await indications.return?.()
  await second
  // Nobody listens any more: confirmed at once, or the device could never indicate anything again.
  await indicate('03')
  expect(confirmed).toBe(3)
  await link.close()
})

test('a subscription ends after its idle time, and the link stays', async () => {
  const { adapter, controller } = startController()
  const peripheral = controller.attach(
    device(ADDRESS, [
      { uuid: MEASUREMENT, properties: ['notify'] },
      { uuid: '2A29', properties: ['read'], value: bytes('41') },
    ]),
  )
  peripheral.startAdvertising()
  const { transport, signal } = await startHub({ adapter })
  const link = await transport.connect(ADDRESS, signal)
  const values = await link.subscribe(SERVICE, MEASUREMENT, { idleMs: 50 })
  peripheral.link?.notify(MEASUREMENT, bytes('01'))
  expect(await collect(values)).toEqual(['01'])
  expect(hexOf(await link.read(SERVICE, '2A29'))).toBe('41')
})

test('values longer than noble cuts them off arrive whole, whatever MTU the device offers', async () => {
  const { adapter, controller } = startController()
  const long = new Uint8Array(400).map((_, index) => index)
  const written: Uint8Array[] = []
  const peripheral = controller.attach(
    device(
      ADDRESS,
      [
        { uuid: '2A29', properties: ['read'], value: long },
        { uuid: '2A08', properties: ['write', 'write-without-response'], onWrite: (value) => void written.push(value) },
      ],
      { mtu: 517 },
    ),
  )
  peripheral.startAdvertising()
  const { transport, signal } = await startHub({ adapter })
  const link = await transport.connect(ADDRESS, signal)
  expect(hexOf(await link.read(SERVICE, '2A29'))).toBe(hexOf(long))
  await link.write(SERVICE, '2A08', long)
  await link.write(SERVICE, '2A08', long, 'command')
  expect(written.map(hexOf)).toEqual([hexOf(long), hexOf(long)])
})

test('a link lost in the middle of a read and of a subscription ends both', async () => {
  const { adapter, controller } = startController()
  const peripheral = controller.attach(
    device(ADDRESS, [
      { uuid: '2A29', properties: ['read'], value: bytes('41') },
      { uuid: MEASUREMENT, properties: ['notify'] },
    ]),
    {
      attFault: (pdu, link) => {
        if (pdu[0] !== ATT_READ) return undefined
        link.notify(MEASUREMENT, bytes('07'))
        link.disconnect(0x08)
        return 'drop'
      },
    },
  )
  peripheral.startAdvertising()
  const { transport, signal } = await startHub({ adapter })
  const link = await transport.connect(ADDRESS, signal)
  const values = collect(await link.subscribe(SERVICE, MEASUREMENT))
  const read = link.read(SERVICE, '2A29').catch(code)
  const queued = link.read(SERVICE, '2A29').catch(code)
  expect(await read).toBe('link-lost')
  expect(await queued).toBe('link-lost')
  expect(await values).toEqual(['07'])
  expect(code(link.lost.reason)).toBe('link-lost')
})

test('a request that is never answered ends with operation-timeout, the link is closed and the next one works', async () => {
  const { adapter, controller } = startController()
  const time = new ManualTime()
  let deaf = true
  let asked = 0
  const peripheral = controller.attach(
    device(ADDRESS, [{ uuid: '2A29', properties: ['read'], value: bytes('41') }], {
      onDisconnect: () => peripheral.startAdvertising(),
    }),
    {
      attFault: (pdu) => {
        if (pdu[0] !== ATT_READ) return undefined
        asked += 1
        return deaf ? 'drop' : undefined
      },
    },
  )
  peripheral.startAdvertising()
  const { transport, signal } = await startHub({ adapter, time })
  const link = await transport.connect(ADDRESS, signal)
  const read = link.read(SERVICE, '2A29').catch(code)
  await becomes(() => asked === 1)
  time.advance(30_000)
  expect(await read).toBe('operation-timeout')
  expect(code(link.lost.reason)).toBe('operation-timeout')
  await becomes(() => peripheral.link === undefined)
  await link.close()
  expect(transport.health().linksOpen).toBe(0)
  deaf = false
  const next = await transport.connect(ADDRESS, signal)
  expect(hexOf(await next.read(SERVICE, '2A29'))).toBe('41')
})

test('a controller that does not close a link delays close() by two seconds only', async () => {
  const DISCONNECT = 0x0406
  let asked = 0
  const { adapter, controller } = startController({
    commandFault: (opcode) => {
      if (opcode !== DISCONNECT) return undefined
      asked += 1
      return 'drop'
    },
  })
  const time = new ManualTime()
  controller.attach(device(ADDRESS, [])).startAdvertising()
  const { transport, signal } = await startHub({ adapter, time })
  const link = await transport.connect(ADDRESS, signal)
  const closed = link.close()
  await becomes(() => asked === 1)
  expect(transport.health().linksOpen).toBe(1)
  time.advance(2_000)
  await closed
  expect(transport.health().linksOpen).toBe(0)
})

test('a link that is gone is not disconnected again, which would hit another one', async () => {
  const DISCONNECT = 0x0406
  const commands: number[] = []
  const { adapter, controller } = startController({
    commandFault: (opcode) => {
      commands.push(opcode)
      return undefined
    },
  })
  const peripheral = controller.attach(device(ADDRESS, []))
  peripheral.startAdvertising()
  const { transport, signal } = await startHub({ adapter })
  const link = await transport.connect(ADDRESS, signal)
  peripheral.link?.disconnect()
  await becomes(() => link.lost.aborted)
  await link.close()
  // Whatever was sent before this has arrived when the next device is connected.
  controller.attach(device('00:00:00:00:00:02', [])).startAdvertising()
  await transport.connect('00:00:00:00:00:02', signal)
  expect(commands).not.toContain(DISCONNECT)
})

test('a refusal is an error with its ATT code, at once, and the link goes on', async () => {
  const { adapter, controller } = startController()
  const peripheral = controller.attach(
    device(ADDRESS, [
      {
        uuid: '2A29',
        properties: ['read', 'write'],
        value: () => {
          throw new AttError(0x81)
        },
        onWrite: () => {
          throw new AttError(0x80)
        },
      },
      { uuid: MEASUREMENT, properties: ['notify'] },
      { uuid: '2A00', properties: ['read'], value: bytes('') },
    ]),
    {
      // Client Characteristic Configuration Improperly Configured
      attFault: (pdu) =>
        pdu[0] === ATT_WRITE && pdu.length === 5 ? Uint8Array.of(0x01, ATT_WRITE, pdu[1] ?? 0, 0, 0xfd) : undefined,
    },
  )
  peripheral.startAdvertising()
  // Nothing may need a deadline here: time stands still.
  const { transport, signal } = await startHub({ adapter, time: new ManualTime() })
  const link = await transport.connect(ADDRESS, signal)
  await expect(link.read(SERVICE, '2A29')).rejects.toMatchObject({
    code: 'device-refused',
    message: expect.stringContaining('0x81'),
  })
  await expect(link.write(SERVICE, '2A29', bytes('01'))).rejects.toMatchObject({
    code: 'device-refused',
    message: expect.stringContaining('0x80'),
  })
  await expect(link.subscribe(SERVICE, MEASUREMENT)).rejects.toMatchObject({
    code: 'device-refused',
    message: expect.stringContaining('0xfd'),
  })
  expect(await link.read(SERVICE, '2A00')).toHaveLength(0)
  expect(link.lost.aborted).toBe(false)
  await expect(link.read(SERVICE, '2AFF')).rejects.toMatchObject({ code: 'characteristic-missing' })
})

test('a long read that is refused in the middle is an error, not a short value', async () => {
  const { adapter, controller } = startController()
  const READ_BLOB = 0x0c
  const peripheral = controller.attach(
    device(ADDRESS, [{ uuid: '2A29', properties: ['read'], value: new Uint8Array(50) }]),
    { attFault: (pdu) => (pdu[0] === READ_BLOB ? Uint8Array.of(0x01, READ_BLOB, 3, 0, 0x0e) : undefined) },
  )
  peripheral.startAdvertising()
  const { transport, signal } = await startHub({ adapter })
  const link = await transport.connect(ADDRESS, signal)
  await expect(link.read(SERVICE, '2A29')).rejects.toMatchObject({ code: 'device-refused' })
})

test('Invalid PDU, which blocks noble for ever, closes the link with an error', async () => {
  const { adapter, controller } = startController()
  const peripheral = controller.attach(device(ADDRESS, [{ uuid: '2A29', properties: ['read'], value: bytes('41') }]), {
    attFault: (pdu) => (pdu[0] === ATT_READ ? Uint8Array.of(0x01, ATT_READ, 3, 0, 0x04) : undefined),
  })
  peripheral.startAdvertising()
  const { transport, signal } = await startHub({ adapter, time: new ManualTime() })
  const link = await transport.connect(ADDRESS, signal)
  await expect(link.read(SERVICE, '2A29')).rejects.toMatchObject({ code: 'device-refused' })
  expect(link.lost.aborted).toBe(true)
})

test('operations at the same time do not get each other’s answers', async () => {
  const { adapter, controller } = startController({ rxFragment: 7 })
  const peripheral = controller.attach(
    device(ADDRESS, [
      {
        uuid: '2A29',
        properties: ['read', 'write'],
        value: bytes('41'),
        onWrite: ([first]) => {
          if (first === 2) throw new AttError(0x80)
        },
      },
      { uuid: '2A24', properties: ['read'], value: bytes('42') },
    ]),
  )
  peripheral.startAdvertising()
  const { transport, signal } = await startHub({ adapter })
  const link = await transport.connect(ADDRESS, signal)
  const write = (hex: string) => link.write(SERVICE, '2A29', bytes(hex)).then(() => 'written', code)
  const all = [
    link.read(SERVICE, '2A29').then(hexOf),
    link.read(SERVICE, '2A24').then(hexOf),
    write('01'),
    write('02'),
    write('03'),
    link.read(SERVICE, '2A29').then(hexOf),
  ]
  expect(await Promise.all(all)).toEqual(['41', '42', 'written', 'device-refused', 'written', '41'])
})

test('hostile packets end their link with packet-malformed and nothing else', async () => {
  const NOTIFY_CUT = bytes('1b03')
  const ENDLESS_SERVICES = bytes('1100010005000018')
  const MTU_OF_NOTHING = bytes('030000')
  for (const [request, answer] of [
    [ATT_READ, NOTIFY_CUT],
    [0x10, ENDLESS_SERVICES],
    [0x10, bytes('1106')],
    [0x08, bytes('09070102')],
    [0x08, bytes('090402000203')],
    [0x02, MTU_OF_NOTHING],
    [ATT_READ, bytes('')],
  ] as const) {
    const { adapter, controller } = startController()
    const peripheral = controller.attach(
      device(ADDRESS, [{ uuid: '2A29', properties: ['read'], value: bytes('41') }]),
      { attFault: (pdu) => (pdu[0] === request ? answer : undefined) },
    )
    peripheral.startAdvertising()
    const hub = await startHub({ adapter, time: new ManualTime() })
    const outcome = hub.transport
      .connect(ADDRESS, hub.signal)
      .then((link) => link.read(SERVICE, '2A29'))
      .catch(code)
    expect(await outcome, `answer ${hexOf(answer)} to 0x${request.toString(16)}`).toBe('packet-malformed')
    hub.stop()
  }
})
