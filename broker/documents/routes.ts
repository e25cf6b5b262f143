import { z } from 'zod'
import { jsonSchemaOf, SCHEMA_NAMES } from '../contract/schemas.ts'
import { openRoute, type Route } from '../http/route.ts'
import { asyncApiDocument } from './asyncapi.ts'

const document = (mark: string) => z.looseObject({ [mark]: z.string() })

/**
 * The contract, served by what keeps it; for anybody, because it holds nothing of anybody.
 * @param openApi asked for once, when somebody asks
 */
export function documentRoutes(openApi: () => Readonly<Record<string, unknown>>): readonly Route[] {
  const asyncApi = asyncApiDocument()
  let made: ReturnType<typeof openApi> | undefined
  const schemas = new Map<string, unknown>(SCHEMA_NAMES.map((name) => [name, jsonSchemaOf(name)]))
  const open = { method: 'GET', who: 'anybody' } as const
  return [
    openRoute(
      { ...open, answer: document('asyncapi'), path: '/v1/asyncapi.json', summary: 'the topics, as AsyncAPI 3.0' },
      () => ({
        body: asyncApi,
      }),
    ),
    openRoute(
      { ...open, answer: document('openapi'), path: '/v1/openapi.json', summary: 'this table, as OpenAPI 3.1' },
      () => {
        made ??= openApi()
        return { body: made }
      },
    ),
    openRoute(
      {
        ...open,
        answer: document('$schema'),
        path: '/v1/schemas/:name.json',
        summary: 'the JSON Schema of a payload',
        documented: {
          path: { name: `One of ${SCHEMA_NAMES.join(', ')}` },
          refusals: { '404': 'There is none of this name' },
        },
      },
      ({ asked }) => {
        const schema = schemas.get(asked.parameters['name'] ?? '')
        if (schema !== undefined) return { body: schema }
        const advice = `Use one of ${SCHEMA_NAMES.join(', ')}.`
        return { status: 404, body: { error: { code: 'not-found', advice } } }
      },
    ),
  ]
}
