import { KINDS } from '../../device-drivers/reading.ts'
import { jsonSchemaOf, SCHEMA_NAMES, type SchemaName } from '../contract/schemas.ts'
import { CHANGE_RULES, CONTRACT_VERSION } from '../contract/version.ts'
import type { alertQuerySchema, replayQuerySchema } from '../replay/query.ts'
import { MAX_PAGE } from '../replay/replay.ts'

/** The HTTP side as an OpenAPI 3.1 document (spec.openapis.org/oas/v3.1.0). */

type Parameter = { readonly schema: Readonly<Record<string, unknown>>; readonly description: string }

/** Typed by the query's own schema: none can be missing or left over. */
const REPLAY: Readonly<Record<keyof typeof replayQuerySchema.shape, Parameter>> = {
  since: { schema: { type: 'integer', minimum: 0, default: 0 }, description: 'Entries after this cursor' },
  limit: {
    schema: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: 500 },
    description: 'Entries of a page; of lines: at most so many, all when absent',
  },
  citizen: { schema: { type: 'string', pattern: '^[a-z0-9-]{4,32}$' }, description: 'Of this citizen only' },
  kind: {
    schema: { type: 'array', items: { type: 'string', enum: KINDS } },
    description: 'Of these kinds only; several by comma or by repeating it',
  },
  from: { schema: { type: 'string', format: 'date-time' }, description: 'Measured at this time or later' },
  to: { schema: { type: 'string', format: 'date-time' }, description: 'Measured before this time' },
}

const SEARCH: Readonly<Record<string, Parameter>> = {
  patient: { schema: { type: 'string' }, description: 'The opaque id of a citizen' },
  date: { schema: { type: 'array', items: { type: 'string' } }, description: 'eq, ge, gt, le or lt and a day or time' },
  code: { schema: { type: 'string' }, description: 'code or system|code, several by comma' },
  'combo-code': { schema: { type: 'string' }, description: 'The same, also in components' },
  _count: { schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 }, description: 'Entries of a page' },
  _cursor: { schema: { type: 'integer', minimum: 0 }, description: 'Where to read on, as the link next says' },
}

const inQuery = (parameters: Readonly<Record<string, Parameter>>) =>
  Object.entries(parameters).map(([name, rest]) => ({ name, in: 'query', ...rest }))
const inPath = (name: string, description: string) => [
  { name, in: 'path', required: true, schema: { type: 'string' }, description },
]

const content = (type: string, schema: SchemaName) => ({
  [type]: { schema: { $ref: `#/components/schemas/${schema}` } },
})
const json = (schema: SchemaName, description: string) => ({
  description,
  content: content('application/json', schema),
})
const fhir = (description: string) => ({ description, content: content('application/fhir+json', 'fhir-resource') })

/** Errors are the house's own, or outcomes below /fhir. */
const refusals = (answer: (description: string) => object, ...more: readonly (readonly [string, string])[]) => ({
  ...Object.fromEntries(more.map(([status, description]) => [status, answer(description)])),
  '429': json('error', 'Too many requests from one address: wait as long as retry-after says'),
})
const error = (description: string) => json('error', description)

const UNKNOWN = ['401', 'No client of ours'] as const
const BUSY = ['503', 'Too many log in at once, or the disk refuses: try again'] as const
const BASIC = [{ basic: [] }]

const replay = (
  summary: string,
  page: SchemaName,
  line: SchemaName,
  parameters: Readonly<Record<string, Parameter>>,
) => ({
  get: {
    summary,
    security: BASIC,
    parameters: inQuery(parameters),
    responses: {
      '200': {
        description: 'A page; or with `Accept: application/x-ndjson` everything to the present end, one entry a line',
        content: { ...content('application/json', page), ...content('application/x-ndjson', line) },
      },
      ...refusals(
        error,
        ['400', 'The query is not understood; the answer names each field'],
        UNKNOWN,
        ['409', 'The cursor is beyond the end of this feed: not its own, or the broker was restored from a backup'],
        BUSY,
      ),
    },
  },
})

const search = (summary: string, parameters: readonly object[], missing: string) => ({
  get: {
    summary,
    security: BASIC,
    parameters,
    responses: { '200': fhir('Done'), ...refusals(fhir, ['400', 'Not understood'], UNKNOWN, ['404', missing], BUSY) },
  },
})

const document = (what: string) => ({
  get: {
    summary: what,
    responses: {
      '200': { description: 'The document', content: { 'application/json': { schema: { type: 'object' } } } },
      ...refusals(error, ['404', 'There is none of this name']),
    },
  },
})

const { since, limit, citizen } = REPLAY
const ALERTS: Readonly<Record<keyof typeof alertQuerySchema.shape, Parameter>> = { since, limit, citizen }

const PATHS = {
  '/healthz': {
    get: { summary: 'The process answers', responses: { '200': json('health', 'Alive'), ...refusals(error) } },
  },
  '/readyz': {
    get: {
      summary: 'May it get traffic?',
      responses: { '200': json('health', 'Yes'), ...refusals(error, ['503', 'No, and why']) },
    },
  },
  '/metrics': {
    get: {
      summary: 'Prometheus text; from this machine, or with the metrics token',
      security: [{}, { metrics: [] }],
      responses: {
        '200': { description: 'Format 0.0.4', content: { 'text/plain': { schema: { type: 'string' } } } },
        ...refusals(error, ['401', 'Neither from this machine nor with the token']),
      },
    },
  },
  '/v1/readings': replay("The organisation's feed from a cursor", 'reading-page', 'feed-reading', REPLAY),
  '/v1/alerts': replay('Every change of every alert from a cursor', 'alert-page', 'alert-entry', ALERTS),
  '/v1/asyncapi.json': document('The topics, as AsyncAPI'),
  '/v1/openapi.json': document('This document'),
  '/v1/schemas/{name}.json': {
    get: {
      ...document('The JSON Schema of a payload').get,
      parameters: inPath('name', `One of ${SCHEMA_NAMES.join(', ')}`),
    },
  },
  '/fhir/metadata': { get: { summary: 'CapabilityStatement', responses: { '200': fhir('Done'), ...refusals(fhir) } } },
  '/fhir/Observation': search('The feed as FHIR R4 Observations', inQuery(SEARCH), 'Never'),
  '/fhir/Observation/{id}': search('One of them', inPath('id', 'The id of the reading'), 'Not in this feed'),
  '/fhir/Device': search('Devices and hubs of the citizens of the organisation', [], 'Never'),
  '/fhir/Device/{id}': search('One of them', inPath('id', 'phd-<device> or phg-<hub>'), 'Not among them'),
}

export function openApiDocument() {
  return {
    openapi: '3.1.0',
    info: {
      title: 'PreCare Gateway',
      version: CONTRACT_VERSION,
      description: ['What a subscriber missed, and the same as FHIR R4.', ...CHANGE_RULES].join('\n\n'),
    },
    paths: PATHS,
    components: {
      schemas: Object.fromEntries(SCHEMA_NAMES.map((name) => [name, jsonSchemaOf(name)])),
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic', description: 'Account and password of a client' },
        metrics: { type: 'http', scheme: 'bearer', description: 'The metrics token' },
      },
    },
  }
}
