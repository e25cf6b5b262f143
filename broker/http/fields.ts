import type { z } from 'zod'
import { pathOf, unknownKeys } from '../registry-document.ts'

/** What is wrong with a request, field by field, so that a page can say it where the field is. */

/** As `limits.warningLow` and `must be above alertLow`. */
export interface WrongField {
  readonly path: string
  readonly remedy: string
}

/** More say no more to a person. */
const MAX_FIELDS = 20
/** Anything else in the place of a name is a stranger's text. */
const NAME = /^[A-Za-z][A-Za-z0-9]{0,31}$/

export function fieldsOfIssues({ issues }: z.ZodError): WrongField[] {
  return issues.slice(0, MAX_FIELDS).map((issue) => {
    const named = issue.path.map((part) => (typeof part === 'number' || NAME.test(String(part)) ? part : 'field'))
    return {
      path: named.length === 0 ? 'body' : pathOf(named),
      remedy: issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys) : issue.message,
    }
  })
}

/** Of the house's own refusals, which all read `field: remedy`, several of them joined by `; `. */
export function fieldsOfMessage(message: string): WrongField[] {
  return message.split('; ').flatMap((part) => {
    const [, path, remedy] = /^([a-z][\w.[\]-]{0,80}): (.+)$/.exec(part) ?? []
    return path === undefined || remedy === undefined ? [] : [{ path, remedy }]
  })
}

export const adviceOf = (fields: readonly WrongField[]): string =>
  fields.map(({ path, remedy }) => `${path}: ${remedy}`).join('; ')
