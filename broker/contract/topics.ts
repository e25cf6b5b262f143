import { PreCareError } from '../../device-drivers/errors.ts'
import { idSchema, KINDS, type Kind } from '../../device-drivers/reading.ts'

/**
 * The topics of the house, built and parsed here only. Ids are opaque; building a topic from
 * anything else throws 'id-invalid', so no '/', '+', '#', NUL or newline can enter one.
 */

function id(value: string, what: string): string {
  if (!idSchema.safeParse(value).success) throw new PreCareError('id-invalid', `${what} is no valid id`)
  return value
}

const hubRoot = (hub: string): string => `v1/hubs/${id(hub, 'hub')}`

export const topics = {
  hubReadings: (hub: string) => `${hubRoot(hub)}/readings`,
  hubReceipts: (hub: string) => `${hubRoot(hub)}/receipts`,
  hubState: (hub: string) => `${hubRoot(hub)}/state`,
  hubHealth: (hub: string) => `${hubRoot(hub)}/health`,
  hubDevice: (hub: string, device: string) => `${hubRoot(hub)}/devices/${id(device, 'device')}`,
  orgRoot: (org: string) => `v1/orgs/${id(org, 'organisation')}`,
  orgReading: (org: string, citizen: string, kind: Kind) =>
    `${topics.orgRoot(org)}/readings/${id(citizen, 'citizen')}/${kind}`,
  orgBackfill: (org: string, citizen: string, kind: Kind) =>
    `${topics.orgRoot(org)}/backfill/${id(citizen, 'citizen')}/${kind}`,
  orgFhir: (org: string, citizen: string, kind: Kind) =>
    `${topics.orgRoot(org)}/fhir/${id(citizen, 'citizen')}/${kind}`,
  orgAlert: (org: string, citizen: string, alert: string) =>
    `${topics.orgRoot(org)}/alerts/${id(citizen, 'citizen')}/${id(alert, 'alert')}`,
  heartbeat: () => 'v1/heartbeat',
} as const

export type HubChannel = 'readings' | 'state' | 'health' | 'devices'
export type ParsedTopic =
  | { readonly type: 'hub'; readonly hub: string; readonly channel: HubChannel; readonly device?: string }
  | {
      readonly type: 'reading' | 'backfill' | 'fhir'
      readonly org: string
      readonly citizen: string
      readonly kind: Kind
    }
  | { readonly type: 'alert'; readonly org: string; readonly citizen: string; readonly alert: string }

const HUB_CHANNELS = new Set<string>(['readings', 'state', 'health'])
const FEED_CHANNELS: ReadonlyMap<string, 'reading' | 'backfill' | 'fhir'> = new Map([
  ['readings', 'reading'],
  ['backfill', 'backfill'],
  ['fhir', 'fhir'],
] as const)
const KIND_SET = new Set<string>(KINDS)
const isId = (value: string | undefined): value is string => idSchema.safeParse(value).success

/** Undefined for any topic that is not written exactly as above. */
export function parseTopic(topic: string): ParsedTopic | undefined {
  const [version, family, owner, channel, fourth, fifth, ...rest] = topic.split('/')
  if (version !== 'v1' || !isId(owner) || channel === undefined || rest.length > 0) return undefined
  if (family === 'hubs') {
    if (HUB_CHANNELS.has(channel) && fourth === undefined)
      return { type: 'hub', hub: owner, channel: channel as HubChannel }
    if (channel === 'devices' && isId(fourth) && fifth === undefined)
      return { type: 'hub', hub: owner, channel, device: fourth }
    return undefined
  }
  if (family !== 'orgs' || !isId(fourth) || fifth === undefined) return undefined
  const type = FEED_CHANNELS.get(channel)
  if (type !== undefined && KIND_SET.has(fifth)) return { type, org: owner, citizen: fourth, kind: fifth as Kind }
  if (channel === 'alerts' && isId(fifth)) return { type: 'alert', org: owner, citizen: fourth, alert: fifth }
  return undefined
}
