import { expect, it } from 'vitest'
import { PacketReader } from '../../../device-drivers/gatt/packet-reader.ts'
import { readAttributes } from '../../../device-drivers/ieee11073/attribute-list.ts'
import { bytesOf } from '../hex.ts'

it('an attribute that announces more than its content takes is refused, so that nothing behind it is shifted', () => {
  const read = (announced: string): void => {
    const packet = new PacketReader(bytesOf(`0001 0008 0996 ${announced} 0220 0000`))
    readAttributes(packet, 'attributes', () => void packet.u16be('unit'))
  }
  expect(() => read('0002')).not.toThrow()
  expect(() => read('0004')).toThrow(expect.objectContaining({ code: 'packet-malformed' }))
})
