import type { SchemaName } from './schemas.ts'

/** The topics as a table: the AsyncAPI document, the table in the README and the check of the wire are made from it. */

export interface Channel {
  readonly name: string
  /** With `{parameters}` where ids stand. */
  readonly address: string
  /** Who publishes. */
  readonly from: 'hub' | 'broker'
  readonly qos: 0 | 1
  /** `until closed`: cleared by an empty payload. */
  readonly retain: 'no' | 'yes' | 'until closed'
  readonly schema: SchemaName
  readonly what: string
}

export const CHANNELS = [
  {
    name: 'hubReadings',
    address: 'v1/hubs/{hub}/readings',
    from: 'hub',
    qos: 1,
    retain: 'no',
    schema: 'readings',
    what: 'Readings with consecutive sequence numbers of the outbox, with their raw bytes',
  },
  {
    name: 'hubReceipts',
    address: 'v1/hubs/{hub}/receipts',
    from: 'broker',
    qos: 1,
    retain: 'no',
    schema: 'receipt',
    what: 'These sequence numbers are stored: the hub may forget them',
  },
  {
    name: 'hubState',
    address: 'v1/hubs/{hub}/state',
    from: 'hub',
    qos: 1,
    retain: 'yes',
    schema: 'hub-state',
    what: 'Online or offline; also the will',
  },
  {
    name: 'hubHealth',
    address: 'v1/hubs/{hub}/health',
    from: 'hub',
    qos: 0,
    retain: 'no',
    schema: 'hub-health',
    what: 'Counts and ages: outbox, radio, clock, disk, memory',
  },
  {
    name: 'hubDevice',
    address: 'v1/hubs/{hub}/devices/{device}',
    from: 'hub',
    qos: 1,
    retain: 'yes',
    schema: 'device-state',
    what: 'Model, battery, last seen; an empty payload forgets the device',
  },
  {
    name: 'orgReading',
    address: 'v1/orgs/{org}/readings/{citizen}/{kind}',
    from: 'broker',
    qos: 1,
    retain: 'no',
    schema: 'feed-reading',
    what: "A stored reading, with its cursor in the organisation's feed",
  },
  {
    name: 'orgBackfill',
    address: 'v1/orgs/{org}/backfill/{citizen}/{kind}',
    from: 'broker',
    qos: 1,
    retain: 'no',
    schema: 'feed-reading',
    what: 'The same, when it was measured more than ten minutes before it was stored',
  },
  {
    name: 'orgFhir',
    address: 'v1/orgs/{org}/fhir/{citizen}/{kind}',
    from: 'broker',
    qos: 1,
    retain: 'no',
    schema: 'fhir-observation',
    what: 'The same as a FHIR R4 Observation, for an organisation that asks for it in the registry',
  },
  {
    name: 'orgAlert',
    address: 'v1/orgs/{org}/alerts/{citizen}/{alert}',
    from: 'broker',
    qos: 1,
    retain: 'until closed',
    schema: 'alert',
    what: 'The state of an alert; an empty payload clears it',
  },
  {
    name: 'heartbeat',
    address: 'v1/heartbeat',
    from: 'broker',
    qos: 0,
    retain: 'no',
    schema: 'heartbeat',
    what: 'The alert engine is alive; every 5 s',
  },
] as const satisfies readonly Channel[]

const PARAMETER = /\{\w+\}/g

/** The channel that a topic belongs to; undefined for a topic that is not of the contract. */
export function channelOf(topic: string): Channel | undefined {
  return CHANNELS.find(({ address }) => new RegExp(`^${address.replace(PARAMETER, '[a-z0-9-]{2,32}')}$`).test(topic))
}

/** Names of the parameters of an address, in their order. */
export const parametersOf = (address: string): string[] =>
  (address.match(PARAMETER) ?? []).map((parameter) => parameter.slice(1, -1))

/** Markdown, for people. */
export function channelTable(): string {
  const rows = CHANNELS.map(
    ({ address, from, qos, retain, schema, what }) =>
      `| \`${address.replace(PARAMETER, (parameter) => `<${parameter.slice(1, -1)}>`)}\` | ${from} | ${qos} | ${retain} | \`${schema}\` | ${what} |`,
  )
  return ['| topic | from | QoS | retained | schema | what |', '|---|---|---|---|---|---|', ...rows].join('\n')
}
