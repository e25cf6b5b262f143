import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { Overview, SeriesAnswer } from '../../shapes.ts'
import { type Answer, ask } from '../shell/calls.ts'
import { now, setClock } from '../shell/clock.ts'
import { useChanges } from '../shell/work.ts'
import { type Period, periodOf, type Range } from './range.ts'

/** What is shown of a citizen, kept true. */

export interface CitizenData {
  readonly overview: Overview
  readonly series: SeriesAnswer
  readonly period: Period
  readonly range: Range
}

type Refusal = Exclude<Answer<never>, { type: 'fine' }>

export interface Loaded {
  /** Undefined until the first answer. */
  readonly data: CitizenData | undefined
  /** Why the newest look brought nothing; what was shown before stays. */
  readonly refusal: Refusal | undefined
  /** Something is on its way that somebody asked for. */
  readonly busy: boolean
  /** Looks again now, as after an action. */
  readonly again: () => Promise<void>
}

/** A reading without an alert is told by nobody: so often the page looks for itself. */
const LOOK_EVERY_MS = 60_000
/**
 * Only while somebody uses the page: each look keeps the session alive, and one that nobody uses ends after 15 minutes
 * (broker/sign-in/sessions.ts).
 */
const IN_USE_MS = 10 * 60_000

async function look(citizen: string, range: Range, signal: AbortSignal): Promise<CitizenData | Refusal> {
  const period = periodOf(range, now())
  const path = `/v1/citizens/${encodeURIComponent(citizen)}` as const
  const query = new URLSearchParams({
    from: new Date(period.from).toISOString(),
    to: new Date(period.to).toISOString(),
  })
  const [overview, series] = await Promise.all([
    ask<Overview>(`${path}/overview`, { signal }),
    ask<SeriesAnswer>(`${path}/series?${query}`, { signal }),
  ])
  if (overview.type !== 'fine') return overview
  if (series.type !== 'fine') return series
  setClock(overview.data.at)
  return { overview: overview.data, series: series.data, period, range }
}

/** @returns what is newest; of several looks at once the last one wins */
export function useCitizen(citizen: string, range: Range): Loaded {
  const [data, setData] = useState<CitizenData>()
  const [refusal, setRefusal] = useState<Refusal>()
  const [busy, setBusy] = useState(true)
  const running = useRef<AbortController | undefined>(undefined)
  const wanted = useRef(range)
  wanted.current = range

  const again = useCallback(async () => {
    running.current?.abort()
    const own = new AbortController()
    running.current = own
    const found = await look(citizen, wanted.current, own.signal)
    // Another look has begun, or the page was left.
    if (own.signal.aborted) return
    setBusy(false)
    if ('overview' in found) setData(found)
    setRefusal('overview' in found ? undefined : found)
  }, [citizen])

  useEffect(() => {
    setBusy(true)
    void again()
  }, [again, range])

  useEffect(() => {
    let used = now()
    const use = () => {
      const away = now() - used > IN_USE_MS
      used = now()
      if (away) void again()
    }
    const regularly = () => {
      if (!document.hidden && now() - used <= IN_USE_MS) void again()
    }
    const timer = window.setInterval(regularly, LOOK_EVERY_MS)
    for (const event of ['pointerdown', 'keydown'] as const) addEventListener(event, use)
    document.addEventListener('visibilitychange', regularly)
    return () => {
      window.clearInterval(timer)
      for (const event of ['pointerdown', 'keydown'] as const) removeEventListener(event, use)
      document.removeEventListener('visibilitychange', regularly)
      running.current?.abort()
    }
  }, [again])

  useChanges(citizen, again)

  return { data, refusal, busy, again }
}
