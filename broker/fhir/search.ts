import { KIND_CODES, QUANTITIES } from '../../device-drivers/quantities.ts'
import { idSchema, KINDS, type Kind, SITES } from '../../device-drivers/reading.ts'
import type { ReplayFilter } from '../replay/replay.ts'
import { utcTime } from '../store/iso-time.ts'
import { codesOfPanel, codesOfQuantity, conceptOf } from './codes.ts'
import { dayIn } from './local-time.ts'
import type { CodeableConcept, Observation } from './resources.ts'
import { CITIZEN } from './systems.ts'

/**
 * The search parameters of R4 that are understood (hl7.org/fhir/R4/search.html). An unknown one is refused: a search that
 * is silently wider than it was asked for shows more than was meant to be seen.
 */

export interface ObservationSearch {
  readonly filter: ReplayFilter
  /** Exact test of what the filter lets through. */
  readonly fits: (observation: Observation) => boolean
  readonly count: number
  readonly cursor: number
}

/** Says which parameter is wrong and what to write. */
export class SearchProblem extends Error {}

const DEFAULT_COUNT = 100
export const MAX_COUNT = 1_000

type Query = Readonly<Record<string, unknown>>

function one(query: Query, name: string): string | undefined {
  const value = query[name]
  if (value === undefined) return undefined
  if (typeof value !== 'string') throw new SearchProblem(`${name}: give it once`)
  return value
}

function whole(query: Query, name: string, fallback: number, [low, high]: readonly [number, number]): number {
  const text = one(query, name)
  if (text === undefined) return fallback
  const value = Number(text)
  if (!/^\d{1,15}$/.test(text) || value < low || value > high) {
    throw new SearchProblem(`${name}: use a whole number from ${low} to ${high}`)
  }
  return value
}

/** `citizen-1`, `Patient/citizen-1` or `urn:precare:citizen|citizen-1`. */
function citizenOf(query: Query): string | undefined {
  const named = ['patient', 'subject', 'patient:identifier', 'subject:identifier'].flatMap((name) => {
    const value = one(query, name)
    return value === undefined ? [] : [{ name, value }]
  })
  const [first, second] = named
  if (first === undefined) return undefined
  if (second !== undefined) throw new SearchProblem(`${second.name}: ${first.name} is given already`)
  const citizen = first.value.replace(/^Patient\//, '').replace(`${CITIZEN}|`, '')
  if (!idSchema.safeParse(citizen).success) throw new SearchProblem(`${first.name}: use the opaque id of a citizen`)
  return citizen
}

const DATE = /^(eq|ge|gt|le|lt)?(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/

/** First moment of what is written and first moment after it: a day of the zone, a minute, a second or a millisecond. */
function spanOf(date: string, time: string | undefined, zone: string): readonly [string, string] {
  if (time === undefined) return dayIn(zone, date)
  const [, seconds, fraction] = /^T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?/.exec(time) ?? []
  const width = seconds === undefined ? 60_000 : fraction === undefined ? 1_000 : 1
  const from = utcTime(`${date}${time}`)
  return [from, new Date(Date.parse(from) + width).toISOString()]
}

/** All dates given must hold (R4, search 3.1.1.4.8, prefixes by the ranges of both sides). */
function periodOf(query: Query, zone: string): { from?: string; to?: string } {
  const given = [query['date'] ?? []].flat()
  const period: { from?: string; to?: string } = {}
  const notBefore = (at: string) => {
    if (period.from === undefined || at > period.from) period.from = at
  }
  const before = (at: string) => {
    if (period.to === undefined || at < period.to) period.to = at
  }
  for (const text of given) {
    const [, prefix = 'eq', date, time] = DATE.exec(String(text)) ?? []
    const advice = 'date: use eq, ge, gt, le or lt and a day or a time with a zone, as ge2026-01-31'
    if (date === undefined) throw new SearchProblem(advice)
    let span: readonly [string, string]
    try {
      span = spanOf(date, time, zone)
    } catch (error) {
      if (error instanceof RangeError) throw new SearchProblem(advice)
      throw error
    }
    if (prefix === 'eq' || prefix === 'ge') notBefore(span[0])
    if (prefix === 'gt') notBefore(span[1])
    if (prefix === 'eq' || prefix === 'le') before(span[1])
    if (prefix === 'lt') before(span[0])
  }
  return period
}

/** `code`, `system|code`, separated by commas: any of them. */
function tokens(query: Query, name: string): { system?: string; code: string }[] | undefined {
  return one(query, name)
    ?.split(',')
    .map((text) => {
      const bar = text.lastIndexOf('|')
      const code = text.slice(bar + 1)
      if (code === '') throw new SearchProblem(`${name}: use code or system|code`)
      return bar <= 0 ? { code } : { system: text.slice(0, bar), code }
    })
}

type Token = { readonly system?: string; readonly code: string }

const has = (concept: CodeableConcept, wanted: readonly Token[]): boolean =>
  (concept.coding ?? []).some(({ system, code }) =>
    wanted.some((token) => token.code === code && (token.system === undefined || token.system === system)),
  )

/** All concepts that observations of a kind may carry, at the top or in a component. */
function conceptsOf(kind: Kind): CodeableConcept[] {
  const panel = codesOfPanel(kind)
  const names = Object.keys(QUANTITIES)
  const sites = [undefined, ...SITES]
  return [
    ...(panel === undefined ? [] : [panel]),
    ...names.flatMap((name) => sites.map((site) => codesOfQuantity(name, kind, site, undefined))),
  ].map((codes) => conceptOf(codes))
}

const CONCEPTS = new Map(KINDS.map((kind) => [kind, conceptsOf(kind)]))

/** Kinds whose own quantities, or any others for a component, can have one of the codes. */
function kindsWith(wanted: readonly Token[], atTop: boolean): Kind[] {
  return KINDS.filter((kind) => {
    if (!(CONCEPTS.get(kind) ?? []).some((concept) => has(concept, wanted))) return false
    if (!atTop) return true
    const panel = codesOfPanel(kind)
    if (panel !== undefined) return has(conceptOf(panel), wanted)
    return KIND_CODES[kind].quantities.some((name) =>
      [undefined, ...SITES].some((site) => has(conceptOf(codesOfQuantity(name, kind, site, undefined)), wanted)),
    )
  })
}

const KNOWN = new Set([
  'patient',
  'subject',
  'patient:identifier',
  'subject:identifier',
  'date',
  'code',
  'combo-code',
  '_count',
  '_cursor',
  '_format',
])

/** @throws SearchProblem naming the parameter and what to write */
export function parseObservationSearch(query: Query, zone: string): ObservationSearch {
  const unknown = Object.keys(query).find((name) => !KNOWN.has(name))
  if (unknown !== undefined) throw new SearchProblem(`${unknown}: is not supported; use ${[...KNOWN].join(', ')}`)
  const code = tokens(query, 'code')
  const combo = tokens(query, 'combo-code')
  const citizen = citizenOf(query)
  const kinds = [
    ...(code === undefined ? [] : [kindsWith(code, true)]),
    ...(combo === undefined ? [] : [kindsWith(combo, false)]),
  ].reduce<readonly Kind[]>((left, right) => left.filter((kind) => right.includes(kind)), KINDS)
  return {
    filter: {
      ...(citizen === undefined ? {} : { citizen }),
      ...(kinds.length === KINDS.length ? {} : { kinds }),
      ...periodOf(query, zone),
    },
    fits: (observation) =>
      (code === undefined || has(observation.code, code)) &&
      (combo === undefined || [observation, ...(observation.component ?? [])].some((part) => has(part.code, combo))),
    count: whole(query, '_count', DEFAULT_COUNT, [1, MAX_COUNT]),
    cursor: whole(query, '_cursor', 0, [0, Number.MAX_SAFE_INTEGER]),
  }
}
