import { z } from 'zod'
import { jsonSchemaOf, SCHEMA_NAMES, type SchemaName } from '../contract/schemas.ts'
import { CHANGE_RULES, CONTRACT_VERSION } from '../contract/version.ts'
import type { Route } from '../http/route.ts'

/** The HTTP side as an OpenAPI 3.1 document (spec.openapis.org/oas/v3.1.0), made from the table of routes. */

/** `/v1/citizens/:citizen` as documents write it: `/v1/citizens/{citizen}`. */
export const inBraces = (path: string): string => path.replace(/:(\w+)/g, '{$1}')

const content = (type: string, schema: SchemaName) => ({
  [type]: { schema: { $ref: `#/components/schemas/${schema}` } },
})

/** A schema by itself; what JSON Schema has no word for is left open. */
function inline(schema: z.ZodType, io: 'input' | 'output'): Readonly<Record<string, unknown>> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly schema: unknown
  readonly description?: string
}

const IF_MATCH: Parameter = {
  name: 'If-Match',
  in: 'header',
  required: true,
  schema: { type: 'string' },
  description: 'The ETag of the version that was seen, in quotes',
}

function parametersOf({ path, query, documented, needsMatch }: Route): Parameter[] {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path' as const,
    required: true,
    schema: { type: 'string' },
    description: documented.path?.[name] ?? 'An opaque id',
  }))
  const { properties = {}, required = [] } = inline(query, 'input') as {
    properties?: Record<string, unknown>
    required?: readonly string[]
  }
  const inQuery = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query' as const,
    ...(required.includes(name) ? { required: true } : {}),
    schema,
  }))
  const described = Object.entries(documented.parameters ?? {}).map(([name, rest]) => ({
    name,
    in: 'query' as const,
    ...rest,
  }))
  const inHeader = needsMatch ? [IF_MATCH] : []
  return [...inPath, ...(documented.parameters === undefined ? inQuery : described), ...inHeader]
}

function successOf({ answer, documented: { schemas } }: Route) {
  if (schemas !== undefined) {
    return Object.assign({}, ...Object.entries(schemas).map(([type, schema]) => content(type, schema)))
  }
  return answer === 'text'
    ? { 'text/plain': { schema: { type: 'string' } } }
    : { 'application/json': { schema: inline(answer, 'output') } }
}

/** Errors are the house's own, or outcomes below /fhir. */
function refusalsOf({ path, access, query, body, documented, needsMatch }: Route) {
  const outcomes = path.startsWith('/fhir/')
  const takesSomething = body !== undefined || documented.parameters !== undefined || !isEmpty(query)
  const statuses: Readonly<Record<string, string>> = {
    ...(takesSomething ? { '400': 'Not understood; the answer says what to write' } : {}),
    ...(access.who === 'operator' ? { '401': 'Neither from this machine nor with the token' } : {}),
    ...(access.who === 'right'
      ? { '401': 'Nobody that is known', '503': 'Too much at once, or the disk refuses' }
      : {}),
    ...(access.who === 'right' && access.on === 'citizen' ? { '404': 'No such citizen for the caller' } : {}),
    ...(access.who === 'right' && access.on === 'own-organisation' ? { '403': 'The role has no right to this' } : {}),
    ...(needsMatch
      ? { '412': 'Changed since it was seen: nothing was done', '428': 'If-Match does not name what was seen' }
      : {}),
    ...documented.refusals,
    '429': 'Too many requests from one address: wait as long as retry-after says',
  }
  const said = outcomes ? content('application/fhir+json', 'fhir-resource') : content('application/json', 'error')
  return Object.fromEntries(
    Object.entries(statuses).map(([status, description]) => [status, { description, content: said }]),
  )
}

const isEmpty = (query: z.ZodType): boolean => query instanceof z.ZodObject && Object.keys(query.shape).length === 0

const SECURITY = {
  anybody: [],
  operator: [{}, { metrics: [] }],
  session: [{ session: [] }],
  right: [{ basic: [] }, { token: [] }, { session: [] }],
} as const satisfies Record<Route['access']['who'], readonly object[]>

function operationOf(route: Route) {
  const parameters = parametersOf(route)
  return {
    summary: route.summary,
    ...(SECURITY[route.access.who].length === 0 ? {} : { security: SECURITY[route.access.who] }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined
      ? {}
      : { requestBody: { content: { 'application/json': { schema: inline(route.body, 'input') } } } }),
    responses: {
      '200': {
        description: 'Done',
        ...(route.etag ? { headers: { ETag: { schema: { type: 'string' }, required: true } } } : {}),
        content: successOf(route),
      },
      ...refusalsOf(route),
    },
  }
}

export function openApiDocument(routes: readonly Route[]) {
  const paths: Record<string, Record<string, ReturnType<typeof operationOf>>> = {}
  for (const route of routes) {
    const path = inBraces(route.path)
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'PreCare Gateway',
      version: CONTRACT_VERSION,
      description: ['What a subscriber missed, and the same as FHIR R4.', ...CHANGE_RULES].join('\n\n'),
    },
    paths,
    components: {
      schemas: Object.fromEntries(SCHEMA_NAMES.map((name) => [name, jsonSchemaOf(name)])),
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic', description: 'Account and password of a client' },
        token: { type: 'http', scheme: 'bearer', description: 'A token of a client or a person' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-precare', description: 'Of a person who signed in' },
        metrics: { type: 'http', scheme: 'bearer', description: 'The metrics token' },
      },
    },
  }
}
