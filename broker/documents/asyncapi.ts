import { KINDS } from '../../device-drivers/reading.ts'
import { CHANNELS, type Channel, parametersOf } from '../contract/channels.ts'
import { jsonSchemaOf, type SchemaName } from '../contract/schemas.ts'
import { CHANGE_RULES, CONTRACT_VERSION } from '../contract/version.ts'

/** The topics as an AsyncAPI 3.0 document (asyncapi.com/docs/reference/specification/v3.0.0). */

const MQTT_BINDING = '0.2.0'

const OPAQUE = 'Opaque id, 4 to 32 characters of a-z, 0-9 and hyphen'
const PARAMETERS: Readonly<Record<string, { readonly description: string; readonly enum?: readonly string[] }>> = {
  hub: { description: `The hub. ${OPAQUE}` },
  device: { description: `The device. ${OPAQUE}` },
  org: { description: `The organisation of the subscriber: it sees its own alone. ${OPAQUE}` },
  citizen: { description: `The citizen, never by name. ${OPAQUE}` },
  alert: { description: `The alert. ${OPAQUE}` },
  kind: { description: 'The kind of reading', enum: KINDS },
}

const channel = ({ address, schema, what }: Channel) => ({
  address,
  description: what,
  ...(parametersOf(address).length === 0
    ? {}
    : { parameters: Object.fromEntries(parametersOf(address).map((name) => [name, PARAMETERS[name] ?? {}])) }),
  messages: { [schema]: { $ref: `#/components/messages/${schema}` } },
})

/** The document speaks for the broker: it receives what hubs send. */
const operation = ({ name, from, qos, retain, schema, what }: Channel) => ({
  action: from === 'hub' ? 'receive' : 'send',
  summary: what,
  channel: { $ref: `#/channels/${name}` },
  messages: [{ $ref: `#/channels/${name}/messages/${schema}` }],
  bindings: { mqtt: { qos, retain: retain !== 'no', bindingVersion: MQTT_BINDING } },
})

const message = (schema: SchemaName) => ({
  name: schema,
  contentType: schema.startsWith('fhir-') ? 'application/fhir+json' : 'application/json',
  payload: { $ref: `#/components/schemas/${schema}` },
})

const byName = <T>(make: (of: Channel) => T) => Object.fromEntries(CHANNELS.map((of) => [of.name, make(of)]))

export function asyncApiDocument() {
  const schemas = [...new Set<SchemaName>(CHANNELS.map(({ schema }) => schema))]
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'PreCare Gateway',
      version: CONTRACT_VERSION,
      description: [
        'Readings and alerts over MQTT 3.1.1. A client connects with its account as client id (or `account:instance`) and password, and subscribes below `v1/orgs/<its organisation>/`. QoS 2 is refused, sessions are not stored: who was away reads on from its cursor over HTTP (openapi.json).',
        'An empty payload clears a retained topic and has no schema.',
        ...CHANGE_RULES,
      ].join('\n\n'),
    },
    defaultContentType: 'application/json',
    channels: byName(channel),
    operations: byName(operation),
    components: {
      messages: Object.fromEntries(schemas.map((schema) => [schema, message(schema)])),
      schemas: Object.fromEntries(
        schemas.map((schema) => {
          const { $schema: _, ...rest } = jsonSchemaOf(schema, 'draft-7')
          return [schema, rest]
        }),
      ),
    },
  }
}
