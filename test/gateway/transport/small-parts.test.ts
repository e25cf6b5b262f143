import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Recent } from '../../../gateway/transport/recent.ts'
import { createSerialTransport } from '../../../gateway/transport/serial.ts'
import { parseTcpTarget } from '../../../gateway/transport/tcp-line.ts'
import { systemTime } from '../../../gateway/transport/transport-time.ts'
import { Turns } from '../../../gateway/transport/turns.ts'
import { temporaryFolder } from './radio-fixture.ts'

test('turns come one at a time, in order, and one given up leaves no hole', async () => {
  const turns = new Turns()
  const order: string[] = []
  const [first, second, third] = ['first', 'second', 'third'].map((name) => {
    const turn = turns.take()
    void turn.granted.then(() => order.push(name))
    return turn
  })
  await first?.granted
  expect(order).toEqual(['first'])
  second?.release()
  second?.release()
  first?.release()
  first?.release()
  await third?.granted
  expect(order).toEqual(['first', 'third'])
})

test('the older half is given up, except what is in use', () => {
  const recent = new Recent(4, (id) => id === 'a')
  expect(['a', 'b', 'c', 'd'].flatMap((id) => recent.touch(id))).toEqual([])
  expect(recent.touch('b')).toEqual([])
  expect(recent.touch('e')).toEqual(['c'])
  expect(recent.touch('f')).toEqual(['d'])
})

test('a TCP target is read, and a wrong one says what to write', () => {
  expect(parseTcpTarget('/dev/ttyUSB0')).toBeUndefined()
  expect(parseTcpTarget('tcp://serial-box:4001')).toEqual({ host: 'serial-box', port: 4001 })
  expect(parseTcpTarget('tcp://[::1]:4001')).toEqual({ host: '::1', port: 4001 })
  for (const wrong of ['tcp://host', 'tcp://host:0', 'tcp://host:70000', 'tcp:host:1', 'tcp://host:1/x']) {
    expect(() => parseTcpTarget(wrong), wrong).toThrow(
      expect.objectContaining({ code: 'config-invalid', message: expect.stringContaining('tcp://host:port') }),
    )
  }
})

test('ports are listed by their stable name where there is one', async () => {
  const folder = temporaryFolder()
  const names = join(folder, 'by-id')
  mkdirSync(names)
  for (const node of ['ttyUSB0', 'ttyUSB1']) writeFileSync(join(folder, node), '')
  symlinkSync('../ttyUSB1', join(names, 'usb-Nonin-if00'))
  symlinkSync('../ttyUSB9', join(names, 'usb-gone-if00'))
  const unknown = { manufacturer: undefined, pnpId: undefined, locationId: undefined, serialNumber: undefined }
  const binding = {
    list: async () => [
      { ...unknown, path: join(folder, 'ttyUSB0'), vendorId: undefined, productId: undefined },
      { ...unknown, path: join(folder, 'ttyUSB1'), vendorId: '0403', productId: '6001' },
    ],
    open: () => Promise.reject(new Error('not opened here')),
  }
  const listed = await createSerialTransport({ time: systemTime, binding, stableNames: names }).list()
  expect(listed).toEqual([
    { path: join(folder, 'ttyUSB0') },
    { path: join(names, 'usb-Nonin-if00'), vendorId: '0403', productId: '6001' },
  ])
  const without = createSerialTransport({ time: systemTime, binding, stableNames: join(folder, 'none') })
  expect((await without.list()).map(({ path }) => path)).toEqual([join(folder, 'ttyUSB0'), join(folder, 'ttyUSB1')])
})
