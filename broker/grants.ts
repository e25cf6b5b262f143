import { KINDS, type Kind } from '../device-drivers/reading.ts'

/** An organisation's dated right to one citizen's readings. Times are ISO 8601 UTC; `to` is the first moment without. */
export interface Grant {
  readonly organisation: string
  readonly citizen: string
  /** All kinds when absent. */
  readonly kinds?: readonly Kind[]
  readonly from: string
  readonly to?: string
  readonly purpose: string
}

/**
 * The one decision on who gets what: feeds, alerts and replay all ask here. `at` is the time of handing out, not of
 * measuring: a grant that has ended gives nothing more, however old the reading is.
 * @returns organisations without repetition, in the order of their grants
 */
export function organisationsFor(grants: readonly Grant[], citizen: string, kind: Kind, at: string): string[] {
  const organisations = new Set<string>()
  for (const grant of grants) {
    if (grant.citizen !== citizen) continue
    if (grant.from > at || (grant.to !== undefined && grant.to <= at)) continue
    if (grant.kinds === undefined || grant.kinds.includes(kind)) organisations.add(grant.organisation)
  }
  return [...organisations]
}

/** Organisations that may have every one of these kinds; of none at all, those with any grant for the citizen. */
export function organisationsForAll(
  grants: readonly Grant[],
  citizen: string,
  kinds: readonly Kind[],
  at: string,
): string[] {
  const [first, ...rest] = kinds.map((kind) => organisationsFor(grants, citizen, kind, at))
  if (first !== undefined) return first.filter((organisation) => rest.every((others) => others.includes(organisation)))
  return [...new Set(grants.flatMap((grant) => organisationsFor([{ ...grant, kinds: KINDS }], citizen, KINDS[0], at)))]
}
