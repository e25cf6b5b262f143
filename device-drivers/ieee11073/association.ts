import type { PacketReader } from '../gatt/packet-reader.ts'
import { apdu, be16, be32, CHOICE } from './apdu.ts'

/** Association, release and abort (IEEE 11073-20601: AARQ, AARE, RLRQ, RLRE, ABRT). */

const DATA_PROTO_20601 = 20601
const VERSION_1 = 0x80000000
const MDER = 0x8000
const SYSTEM_TYPE_MANAGER = 0x80000000
const SYSTEM_TYPE_AGENT = 0x00800000

/**
 * EUI-64 of the manager, locally administered. Agents only tell managers apart by it, and an agent that moves to another
 * hub of the house shall not notice.
 */
const MANAGER_SYSTEM_ID = [0x02, 0x50, 0x43, 0xff, 0xfe, 0x00, 0x00, 0x01]

export const RESULT = {
  accepted: 0,
  acceptedUnknownConfig: 3,
  noCommonProtocol: 4,
  noCommonParameter: 5,
  unsupportedVersion: 8,
} as const

const RESULT_NAMES = [
  'accepted',
  'rejected-permanent',
  'rejected-transient',
  'accepted-unknown-config',
  'rejected-no-common-protocol',
  'rejected-no-common-parameter',
  'rejected-unknown',
  'rejected-unauthorized',
  'rejected-unsupported-assoc-version',
]

export const ABORT = { undefined: 0, bufferOverflow: 1, responseTimeout: 2, configurationTimeout: 3 } as const

const ABORT_NAMES = ['undefined', 'buffer overflow', 'response timeout', 'configuration timeout']

/** Bounds of extended configurations; below are the standard ones (IEEE 11073-20601, ConfigId). */
const EXTENDED_CONFIGURATION = 0x4000

/** One protocol offered by the agent, read as far as it is 20601. */
export interface AssociationRequest {
  readonly version1: boolean
  /** Absent: the agent speaks no 20601. */
  readonly agent?: {
    readonly version1: boolean
    readonly mder: boolean
    readonly isAgent: boolean
    /** EUI-64, upper case hex. */
    readonly systemId: string
    readonly configId: number
  }
}

const bit31 = (value: number): boolean => value >= 0x80000000

function readProtocolInformation(packet: PacketReader): NonNullable<AssociationRequest['agent']> {
  const protocol = packet.u32be('protocol-version')
  const encoding = packet.u16be('encoding-rules')
  packet.u32be('nomenclature-version')
  packet.u32be('functional-units')
  const systemType = packet.u32be('system-type')
  const systemId = packet.bytes('system-id', packet.u16be('system-id.length'))
  const configId = packet.u16be('dev-config-id')
  packet.explain(configId >= EXTENDED_CONFIGURATION ? 'extended configuration' : 'standard configuration')
  packet.flags(
    'data-req-mode-flags',
    2,
    {
      'data-req-supp-stop': 15,
      'data-req-supp-scope-all': 11,
      'data-req-supp-mode-single-rsp': 7,
      'data-req-supp-person-id': 4,
      'data-req-supp-init-agent': 0,
    },
    'big',
  )
  packet.u8('data-req-init-agent-count')
  packet.u8('data-req-init-manager-count')
  packet.u16be('option-list.count')
  packet.bytes('option-list', packet.u16be('option-list.length'))
  return {
    version1: bit31(protocol),
    mder: (encoding & MDER) !== 0,
    isAgent: systemType === SYSTEM_TYPE_AGENT,
    systemId: Buffer.from(systemId).toString('hex').toUpperCase(),
    configId,
  }
}

/** Body of an AARQ. @throws PreCareError 'packet-too-short' */
export function readAssociationRequest(packet: PacketReader): AssociationRequest {
  const version1 = bit31(packet.u32be('assoc-version'))
  const count = packet.u16be('data-proto-list.count')
  packet.u16be('data-proto-list.length')
  let agent: AssociationRequest['agent']
  for (let i = 0; i < count; i++) {
    const protocol = packet.u16be('data-proto-id')
    const length = packet.u16be('data-proto-info.length')
    if (protocol === DATA_PROTO_20601 && agent === undefined) agent = readProtocolInformation(packet)
    else packet.bytes('data-proto-info', length)
  }
  return { version1, ...(agent && { agent }) }
}

/** Body of an AARE, for people who read a recording: a manager only sends it. */
export function readAssociationResponse(packet: PacketReader): void {
  const result = packet.u16be('result')
  packet.explain(RESULT_NAMES[result] ?? 'unknown')
  const protocol = packet.u16be('data-proto-id')
  const length = packet.u16be('data-proto-info.length')
  if (protocol === DATA_PROTO_20601 && length > 0) readProtocolInformation(packet)
  else packet.bytes('data-proto-info', length)
}

/** Body of RLRQ, RLRE or ABRT: the reason. */
export function readReason(packet: PacketReader, choice: number): number {
  const reason = packet.u16be('reason')
  if (choice === CHOICE.abort) packet.explain(ABORT_NAMES[reason] ?? 'manufacturer specific')
  else packet.explain(reason === 0 ? 'normal' : 'other')
  return reason
}

/** The manager's verdict about an AARQ. @param known its configuration needs no asking */
export function judgeAssociation(request: AssociationRequest, known: (configId: number) => boolean): number {
  const { agent } = request
  if (!request.version1) return RESULT.unsupportedVersion
  if (agent === undefined) return RESULT.noCommonProtocol
  if (!agent.version1 || !agent.mder || !agent.isAgent || agent.systemId.length !== 16) return RESULT.noCommonParameter
  return known(agent.configId) ? RESULT.accepted : RESULT.acceptedUnknownConfig
}

export function associationResponse(result: number): Uint8Array {
  const information = [
    ...be32(VERSION_1),
    ...be16(MDER),
    ...be32(VERSION_1),
    ...be32(0),
    ...be32(SYSTEM_TYPE_MANAGER),
    ...be16(MANAGER_SYSTEM_ID.length),
    ...MANAGER_SYSTEM_ID,
    // A manager answers with configuration, request modes and options of zero (IEEE 11073-20601).
    ...[0, 0, 0, 0, 0].flatMap(be16),
  ]
  const accepted = result === RESULT.accepted || result === RESULT.acceptedUnknownConfig
  // A refusal carries no protocol information.
  const carried = accepted ? information : []
  return apdu(CHOICE.associationResponse, [
    ...be16(result),
    ...be16(result === RESULT.noCommonProtocol ? 0 : DATA_PROTO_20601),
    ...be16(carried.length),
    ...carried,
  ])
}

export const releaseResponse = (): Uint8Array => apdu(CHOICE.releaseResponse, be16(0))
export const abort = (reason: number): Uint8Array => apdu(CHOICE.abort, be16(reason))
