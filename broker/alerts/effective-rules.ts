import { QUANTITIES } from '../../device-drivers/quantities.ts'
import type { RuleTimeline, RuleVersion } from './fold-state.ts'
import { limitsRuleId, RULE_TYPES, type Rule, ruleSchema } from './rule.ts'

/**
 * Which rules hold for a citizen at a time, and where each value comes from: template (condition and stage), then the
 * organisation's, then the citizen's own; what comes later wins. One pure function for the engine, the API and the
 * pages.
 */

export type Plain = Readonly<Record<string, unknown>>

/** One decision of somebody, valid for a time. */
export interface RuleSource {
  readonly version: number
  /** limits: a citizen's own limits for one quantity, all four at once. */
  readonly level: 'template' | 'organisation' | 'citizen' | 'limits'
  /** Id of the template, organisation or citizen. */
  readonly scope: string
  /** Id of the rule; of `limits` the quantity; of a template nothing. */
  readonly rule: string
  readonly from: string
  readonly to?: string
  readonly author: string
  readonly reason: string
  readonly reviewAt?: string
  readonly body: Plain
}

/** A citizen follows a template, at a stage, under an organisation, for a time. */
export interface Watch {
  readonly citizen: string
  readonly template: string
  readonly stage?: string
  readonly organisation?: string
  readonly from: string
  readonly to?: string
}

/** Who set one value of a rule. */
export interface Origin {
  readonly level: RuleSource['level'] | 'stage'
  readonly scope: string
  readonly version: number
  readonly from: string
  readonly author: string
  readonly reason: string
  readonly reviewAt?: string
}

export interface EffectiveRule {
  /** Undefined when the levels together make no valid rule; `problem` says why, and the rule does not judge. */
  readonly rule: Rule | undefined
  readonly id: string
  /** As written, also where the levels make no valid rule. */
  readonly title: string
  readonly type: Rule['type']
  /** Of the newest decision in it. */
  readonly version: number
  /** By path of the value: `limits.warningLow`, `pending.count`. */
  readonly origins: Readonly<Record<string, Origin>>
  readonly problem?: { readonly path: string; readonly remedy: string; readonly limits: boolean }
}

interface Draft {
  body: Plain
  version: number
  origins: Record<string, Origin>
}

const holds = ({ from, to }: { readonly from: string; readonly to?: string }, at: string): boolean =>
  from <= at && (to === undefined || at < to)

const isPlain = (value: unknown): value is Plain => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Leaves below a path. */
function* leaves(value: unknown, path = ''): Generator<string> {
  if (!isPlain(value)) {
    yield path
    return
  }
  for (const [key, inner] of Object.entries(value)) yield* leaves(inner, path === '' ? key : `${path}.${key}`)
}

/** Values of `change` over those of `base`; null takes a value away, a list is replaced as a whole. */
function merged(base: Plain, change: Plain): Plain {
  const result: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(change)) {
    const known = result[key]
    if (value === null) delete result[key]
    else result[key] = isPlain(value) && isPlain(known) ? merged(known, value) : value
  }
  return result
}

function originOf(source: RuleSource, level: Origin['level'] = source.level): Origin {
  const { scope, version, from, author, reason, reviewAt } = source
  return { level, scope, version, from, author, reason, ...(reviewAt === undefined ? {} : { reviewAt }) }
}

function lay(draft: Draft | undefined, change: Plain, source: RuleSource, level?: Origin['level']): Draft {
  const origin = originOf(source, level)
  const origins = Object.fromEntries([...leaves(change)].map((path) => [path, origin]))
  return {
    body: merged(draft?.body ?? {}, change),
    version: Math.max(draft?.version ?? 0, source.version),
    origins: { ...draft?.origins, ...origins },
  }
}

/** The decision that holds for each (scope, rule): the newest that has begun. */
function standing(sources: readonly RuleSource[], level: RuleSource['level'], scope: string, at: string): RuleSource[] {
  const newest = new Map<string, RuleSource>()
  for (const source of sources) {
    if (source.level !== level || source.scope !== scope || source.from > at) continue
    const known = newest.get(source.rule)
    if (known === undefined || known.from <= source.from) newest.set(source.rule, source)
  }
  return [...newest.values()].filter((source) => holds(source, at))
}

const listOf = (value: unknown): Plain[] => (Array.isArray(value) ? value.filter(isPlain) : [])

function fromTemplate(drafts: Map<string, Draft>, source: RuleSource, stage: string | undefined): void {
  for (const body of listOf(source.body['rules'])) drafts.set(String(body['id']), lay(undefined, body, source))
  const stages = source.body['stages']
  const own = stage !== undefined && isPlain(stages) ? stages[stage] : undefined
  if (isPlain(own)) apply(drafts, isPlain(own['rules']) ? own['rules'] : {}, source, 'stage')
}

/** Changes by rule id; `false` takes the rule away. */
function apply(drafts: Map<string, Draft>, changes: Plain, source: RuleSource, level?: Origin['level']): void {
  for (const [id, change] of Object.entries(changes)) {
    if (change === false) drafts.delete(id)
    else if (isPlain(change)) drafts.set(id, lay(drafts.get(id), { id, ...change }, source, level))
  }
}

/** A citizen's own limits go into every rule that limits the quantity, or make one. */
function applyLimits(drafts: Map<string, Draft>, source: RuleSource): void {
  if (source.body['off'] === true) return
  const quantity = source.rule
  const limits = Object.fromEntries(
    Object.entries(source.body).filter(([, value]) => value !== null && value !== undefined),
  )
  const known = [...drafts].filter(([, { body }]) => body['type'] === 'limits' && body['quantity'] === quantity)
  for (const [id, draft] of known) {
    const { limits: _, ...rest } = draft.body
    drafts.set(id, lay({ ...draft, body: rest }, { limits }, source))
  }
  if (known.length > 0) return
  const id = limitsRuleId(quantity)
  const { english } = QUANTITIES[quantity as keyof typeof QUANTITIES]
  drafts.set(id, lay(undefined, { id, type: 'limits', title: english, quantity, limits }, source))
}

function effective(id: string, { body, version, origins }: Draft): EffectiveRule {
  const parsed = ruleSchema.safeParse(body)
  const named = {
    title: String(body['title'] ?? id),
    type: RULE_TYPES.find((type) => type === body['type']) ?? 'limits',
  }
  if (parsed.success) return { id, ...named, rule: parsed.data, version, origins }
  const [issue] = parsed.error.issues
  const limits = issue?.code === 'custom' && issue.params?.['code'] === 'limits-invalid'
  return {
    id,
    ...named,
    rule: undefined,
    version,
    origins,
    problem: { path: issue?.path.join('.') ?? '', remedy: issue?.message ?? 'is no rule', limits },
  }
}

const byStart = (a: Watch, b: Watch): number =>
  a.from < b.from ? -1 : a.from > b.from ? 1 : a.template < b.template ? -1 : 1

/** The watch of each template that holds: the newest that has begun. */
export function watching(watches: readonly Watch[], at: string): Watch[] {
  const newest = new Map<string, Watch>()
  for (const watch of watches.toSorted(byStart)) if (watch.from <= at) newest.set(watch.template, watch)
  return [...newest.values()].filter((watch) => holds(watch, at)).sort(byStart)
}

/**
 * @param watches of the citizen @param sources of all levels; those of others are passed over
 * @returns by id of the rule, in its order. Of two templates with a rule of the same id, the one watched last counts
 */
export function effectiveRules(
  citizen: string,
  watches: readonly Watch[],
  sources: readonly RuleSource[],
  at: string,
): EffectiveRule[] {
  const drafts = new Map<string, Draft>()
  const own = watching(watches, at)
  for (const { template, stage } of own) {
    for (const source of standing(sources, 'template', template, at)) fromTemplate(drafts, source, stage)
  }
  const organisations = [...new Set(own.flatMap(({ organisation }) => organisation ?? []))]
  const layers = [
    ...organisations.flatMap((organisation) => standing(sources, 'organisation', organisation, at)),
    ...standing(sources, 'citizen', citizen, at),
  ]
  for (const source of layers) {
    const change = source.body['off'] === true ? false : source.body['set']
    // What an organisation says of a rule concerns the citizens who have the rule.
    if (source.level === 'organisation' && !drafts.has(source.rule)) continue
    apply(drafts, { [source.rule]: change }, source)
  }
  for (const source of standing(sources, 'limits', citizen, at)) applyLimits(drafts, source)
  return [...drafts].map(([id, draft]) => effective(id, draft)).sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** All times at which the rules of a citizen can change. */
function instants(watches: readonly Watch[], sources: readonly RuleSource[]): string[] {
  const times = [...watches, ...sources].flatMap(({ from, to }) => (to === undefined ? [from] : [from, to]))
  return [...new Set(times)].sort()
}

/** The same as {@link effectiveRules} at every time, as versions of each rule: what the engine judges by. */
export function timelinesOf(
  citizen: string,
  watches: readonly Watch[],
  sources: readonly RuleSource[],
): readonly RuleTimeline[] {
  const versions = new Map<string, RuleVersion[]>()
  for (const at of instants(watches, sources)) {
    const now = new Map(
      effectiveRules(citizen, watches, sources, at).flatMap(({ id, rule, version }) =>
        rule === undefined ? [] : [[id, { rule, version, from: at }] as const],
      ),
    )
    for (const [id, list] of versions) {
      const last = list.at(-1)
      const next = now.get(id)
      if (last === undefined || last.to !== undefined) continue
      if (next !== undefined && JSON.stringify(next.rule) === JSON.stringify(last.rule)) now.delete(id)
      else list[list.length - 1] = { ...last, to: at }
    }
    for (const [id, version] of now) {
      const list = versions.get(id)
      if (list === undefined) versions.set(id, [version])
      else list.push(version)
    }
  }
  return [...versions].map(([id, list]) => ({ id, versions: list })).sort((a, b) => (a.id < b.id ? -1 : 1))
}
