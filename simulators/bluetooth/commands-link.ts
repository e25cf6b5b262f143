import type { Command, CommandOutcome, CommandTable } from './commands.ts'
import type { Connecting } from './connecting.ts'
import { LE_EVENT, leEventPacket, STATUS } from './hci.ts'
import { addressText, join, u16 } from './octets.ts'

const NO_SUCH_LINK: CommandOutcome = { status: STATUS.unknownConnection }

/** Creating, changing, encrypting and ending links (Core, Vol 4, Part E, 7.1.6, 7.5.4, 7.8.12, 7.8.13, 7.8.18, 7.8.24). */
export function linkCommands(links: Connecting, send: (event: Buffer) => void): CommandTable {
  const createConnection: Command['run'] = (p) => ({
    status: links.create({
      addressType: p.readUInt8(5) === 0x01 ? 'random' : 'public',
      address: addressText(p.subarray(6, 12)),
      // The controller may take any interval between minimum and maximum; it takes the maximum.
      parameters: {
        interval: p.readUInt16LE(15),
        latency: p.readUInt16LE(17),
        supervisionTimeout: p.readUInt16LE(19),
      },
    }),
  })

  const cancelConnection: Command['run'] = () => {
    const given = links.cancel()
    if (given === undefined) return { status: STATUS.disallowed }
    return { status: STATUS.success, after: () => links.reportCancelled(given) }
  }

  const disconnect: Command['run'] = (p) => {
    const open = links.find(p.readUInt16LE(0))
    if (open === undefined) return NO_SUCH_LINK
    return { status: STATUS.success, after: () => open.link.end(STATUS.localHostTerminated, p.readUInt8(2)) }
  }

  const readRssi: Command['run'] = (p) => {
    const open = links.find(p.readUInt16LE(0))
    if (open === undefined) return NO_SUCH_LINK
    return { status: STATUS.success, data: join(u16(open.link.handle), open.rssi & 0xff) }
  }

  const updateConnection: Command['run'] = (p) => {
    const link = links.find(p.readUInt16LE(0))?.link
    if (link === undefined) return NO_SUCH_LINK
    const [interval, latency, supervisionTimeout] = [p.readUInt16LE(4), p.readUInt16LE(6), p.readUInt16LE(8)]
    const updated = join(STATUS.success, u16(link.handle), u16(interval), u16(latency), u16(supervisionTimeout))
    return {
      status: STATUS.success,
      after: () => {
        link.parameters = { interval, latency, supervisionTimeout }
        send(leEventPacket(LE_EVENT.connectionUpdate, updated))
      },
    }
  }

  const startEncryption: Command['run'] = (p) => {
    const open = links.find(p.readUInt16LE(0))
    if (open === undefined) return NO_SUCH_LINK
    const [rand, ediv, key] = [p.subarray(2, 10), p.readUInt16LE(10), p.subarray(12, 28)]
    return { status: STATUS.success, after: () => open.link.encrypt(ediv, rand, key) }
  }

  return new Map<number, Command>([
    [0x0406, { answer: 'status', length: 3, run: disconnect }],
    [0x1405, { answer: 'complete', length: 2, returnsHandle: true, run: readRssi }],
    [0x200d, { answer: 'status', length: 25, run: createConnection }],
    [0x200e, { answer: 'complete', length: 0, run: cancelConnection }],
    [0x2013, { answer: 'status', length: 14, run: updateConnection }],
    [0x2019, { answer: 'status', length: 28, run: startEncryption }],
  ])
}
