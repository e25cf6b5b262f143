import { expectedBy, type Use } from '../alerts/plan/expected.ts'
import { openFactRows } from '../alerts/plan/fact-rows.ts'
import type { Plan } from '../alerts/plan/plan.ts'
import { isoTime } from '../store/iso-time.ts'
import type { Journal } from '../store/journal.ts'
import { openBreath } from './breath.ts'

/** One citizen, as far as whoever asks may know of them. */
export interface Planned {
  readonly citizen: string
  /** All versions, of the kinds that may be seen. */
  readonly plans: readonly Plan[]
}

/**
 * Until when devices may stay silent: ISO 8601, by device; one that no plan expects anything of is not there. Lets other
 * work in between. @param at now, ISO 8601
 */
export type Expectations = (citizens: Iterable<Planned>, at: string) => Promise<ReadonlyMap<string, string>>

type UseOf = Use & { readonly device: string }

/** A device is expected by what it measured last: which kinds it could measure, only its driver on the hub knows. */
export function openExpectations(journal: Journal, clock: { monotonic(): number }): Expectations {
  const rows = openFactRows(journal)

  function usesOf({ citizen, plans }: Planned, at: string): UseOf[] {
    const devices = rows.devicesOf(citizen, at)
    return [...Map.groupBy(plans, ({ kind }) => kind)].flatMap(([kind, versions]): UseOf[] => {
      const last = rows.lastUse(citizen, kind)
      if (last === undefined || !devices.includes(last.device)) return []
      return [{ ...last, plans: versions, pauses: rows.pauses(citizen, last.at) }]
    })
  }

  return async (citizens, at) => {
    const breathe = openBreath(clock)
    const uses: UseOf[] = []
    for (const one of citizens) {
      uses.push(...usesOf(one, at))
      await breathe()
    }
    const expected = new Map<string, string>()
    for (const [device, own] of Map.groupBy(uses, (use) => use.device)) {
      const by = expectedBy(own, Date.parse(at))
      if (by !== undefined) expected.set(device, isoTime(by))
      await breathe()
    }
    return expected
  }
}
