import { join, u16 } from './octets.ts'

/** HCI packets between host and controller (Core, Vol 4, Part E, 5.4), each with its H4 packet type (Vol 4, Part A, 2). */

export const PACKET_COMMAND = 0x01
export const PACKET_ACL = 0x02
export const PACKET_EVENT = 0x04

/** Status and reason codes (Core, Vol 1, Part F, 1.3). */
export const STATUS = {
  success: 0x00,
  unknownCommand: 0x01,
  unknownConnection: 0x02,
  keyMissing: 0x06,
  connectionTimeout: 0x08,
  connectionLimit: 0x09,
  connectionExists: 0x0b,
  disallowed: 0x0c,
  invalidParameters: 0x12,
  remoteUserTerminated: 0x13,
  remotePowerOff: 0x15,
  localHostTerminated: 0x16,
  micFailure: 0x3d,
} as const

/** Events (Core, Vol 4, Part E, 7.7). */
export const EVENT = {
  disconnection: 0x05,
  encryptionChange: 0x08,
  commandComplete: 0x0e,
  commandStatus: 0x0f,
  completedPackets: 0x13,
  dataBufferOverflow: 0x1a,
  encryptionKeyRefresh: 0x30,
  leMeta: 0x3e,
} as const

/** Subevents of the LE Meta event (Core, Vol 4, Part E, 7.7.65). */
export const LE_EVENT = { connectionComplete: 0x01, advertisingReport: 0x02, connectionUpdate: 0x03 } as const

export function eventPacket(code: number, parameters: Uint8Array): Buffer {
  return join(PACKET_EVENT, code, parameters.length, parameters)
}

export function leEventPacket(subevent: number, parameters: Uint8Array): Buffer {
  return eventPacket(EVENT.leMeta, join(subevent, parameters))
}

/** The controller always takes one more command: Num_HCI_Command_Packets is 1 (Core, Vol 4, Part E, 4.4). */
const COMMANDS_ALLOWED = 1

export function commandComplete(opcode: number, status: number, data: Uint8Array = new Uint8Array()): Buffer {
  return eventPacket(EVENT.commandComplete, join(COMMANDS_ALLOWED, u16(opcode), status, data))
}

export function commandStatus(opcode: number, status: number): Buffer {
  return eventPacket(EVENT.commandStatus, join(status, COMMANDS_ALLOWED, u16(opcode)))
}

export function commandPacket(opcode: number, parameters: Uint8Array): Buffer {
  return join(PACKET_COMMAND, u16(opcode), parameters.length, parameters)
}
