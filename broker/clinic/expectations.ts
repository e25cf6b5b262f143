import { expectedBy, type Use } from '../alerts/plan/expected.ts'
import { openFactRows } from '../alerts/plan/fact-rows.ts'
import type { Plan } from '../alerts/plan/plan.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'

/** One citizen, as far as whoever asks may know of them. */
export interface Planned {
  readonly citizen: string
  /** All versions, of the kinds that may be seen. */
  readonly plans: readonly Plan[]
}

/** Until when devices may stay silent: ISO 8601, by device. @param at now, ISO 8601 */
export type Expectations = (citizens: readonly Planned[], at: string) => ReadonlyMap<string, string>

/** A device is expected by what it measured last: which kinds it can measure, only its driver on the hub knows. */
export function openExpectations(journal: Journal): Expectations {
  const rows = openFactRows(journal)

  function usesOf({ citizen, plans }: Planned, at: string): Use[] {
    const devices = rows.devicesOf(citizen, at)
    return [...Map.groupBy(plans, ({ kind }) => kind)].flatMap(([kind, versions]): Use[] => {
      const last = rows.lastUse(citizen, kind)
      if (last === undefined || !devices.includes(last.device)) return []
      return [{ ...last, plans: versions, pauses: rows.pauses(citizen, last.at) }]
    })
  }

  return (citizens, at) => {
    const uses = citizens.flatMap((one) => usesOf(one, at))
    return new Map([...expectedBy(uses, Date.parse(at))].map(([device, by]) => [device, isoTime(by)]))
  }
}
