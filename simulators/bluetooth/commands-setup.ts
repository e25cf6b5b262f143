import { type Command, type CommandOutcome, type CommandTable, OK } from './commands.ts'
import { STATUS } from './hci.ts'
import { addressOctets, join, u16 } from './octets.ts'

export interface ControllerIdentity {
  readonly address: string
  /** Longest ACL payload the controller takes from the host, in octets. */
  readonly aclLength: number
  /** ACL packets it can hold. */
  readonly aclCount: number
}

/** Bluetooth Core 5.0 (Assigned Numbers, 2.1: HCI version 0x09); noble refuses anything below 0x06. */
const HCI_VERSION = 0x09
/** Company identifier 0xFFFF: reserved for use without a registered one (Assigned Numbers, 7). */
const MANUFACTURER = 0xffff

/** Controller and baseband, and informational commands (Core, Vol 4, Part E, 7.3 and 7.4). */
export function setupCommands(identity: ControllerIdentity, reset: () => void): CommandTable {
  let leHost = 0
  const answer = (data: () => Uint8Array): Command => ({
    answer: 'complete',
    length: 0,
    run: () => ({ status: STATUS.success, data: data() }),
  })
  const accept = (length: number): Command => ({ answer: 'complete', length, run: () => OK })
  const aclBuffers = join(u16(identity.aclLength), identity.aclCount)
  return new Map<number, Command>([
    [0x0c01, accept(8)], // Set Event Mask: the raw socket filters, see hci-socket.ts
    [
      0x0c03, // Reset
      {
        answer: 'complete',
        length: 0,
        run: (): CommandOutcome => {
          leHost = 0
          reset()
          return OK
        },
      },
    ],
    [0x0c6c, answer(() => Uint8Array.of(leHost, 0))], // Read LE Host Support
    [
      0x0c6d, // Write LE Host Support
      {
        answer: 'complete',
        length: 2,
        run: (parameters): CommandOutcome => {
          leHost = parameters.readUInt8(0)
          return OK
        },
      },
    ],
    [0x1001, answer(() => join(HCI_VERSION, u16(0), HCI_VERSION, u16(MANUFACTURER), u16(0)))], // Read Local Version
    [0x1005, answer(() => join(u16(identity.aclLength), 0, u16(identity.aclCount), u16(0)))], // Read Buffer Size
    [0x1009, answer(() => addressOctets(identity.address))], // Read BD_ADDR
    [0x2001, accept(8)], // LE Set Event Mask
    [0x2002, answer(() => aclBuffers)], // LE Read Buffer Size
  ])
}
