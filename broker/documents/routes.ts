import type { FastifyInstance } from 'fastify'
import { jsonSchemaOf, SCHEMA_NAMES } from '../contract/schemas.ts'
import { asyncApiDocument } from './asyncapi.ts'
import { openApiDocument } from './openapi.ts'

/** The contract, served by what keeps it; for anybody, because it holds nothing of anybody. */
export function documentRoutes(app: FastifyInstance): void {
  const asyncApi = asyncApiDocument()
  const openApi = openApiDocument()
  const schemas = new Map<string, unknown>(SCHEMA_NAMES.map((name) => [name, jsonSchemaOf(name)]))
  app.get('/v1/asyncapi.json', () => asyncApi)
  app.get('/v1/openapi.json', () => openApi)
  app.get<{ Params: { name: string } }>('/v1/schemas/:name.json', (request, reply) => {
    const schema = schemas.get(request.params.name)
    if (schema !== undefined) return reply.send(schema)
    const advice = `Use one of ${SCHEMA_NAMES.join(', ')}.`
    return reply.code(404).send({ error: { code: 'not-found', advice } })
  })
}
