import type { Change, WorkItem, WorkList } from '../../shapes.ts'
import { type Answer, ask } from '../shell/calls.ts'
import { now, setClock } from '../shell/clock.ts'
import { earlyList } from '../shell/early.ts'
import { openLive } from '../shell/live.ts'
import { afterChange, afterList, concernsNurses, dismissed, type News, NO_NEWS } from './news.ts'
import { keepingSame, withItem } from './order.ts'

/** The work list, kept true for as long as somebody is signed in, whatever page is looked at. */

/** How it is kept true: as it happens, or by looking every 15 s because the line is cut. */
export type Line = 'opening' | 'live' | 'cut'

export interface WorkState {
  /** Undefined until the first answer. */
  readonly list: WorkList | undefined
  readonly line: Line
  /** Nothing vouches for the list since `trueAt`. */
  readonly stale: boolean
  /** ms since 1970 UTC. */
  readonly trueAt: number | undefined
  readonly news: News
  /** Why the last look at the list gave none. */
  readonly problem: Exclude<Answer<unknown>, { type: 'fine' }> | undefined
}

export interface WorkStore {
  state(): WorkState
  watch(listener: () => void): () => void
  /** Each change on any citizen, for pages that show one. */
  watchChanges(listener: (change: Change) => void): () => void
  /** Looks again now, as after an action of one's own. Without a citizen: at all of it. */
  lookAgain(citizen?: string): void
  /** While the list is on a screen it is fetched once a minute: that keeps the session of a wall screen in use. */
  keepInUse(): () => void
  dismiss(alert: string): void
  close(): void
}

export const STALE_MS = 30_000
const POLL_MS = 15_000
/** The line may be back at once. */
const AFTER_CUT_MS = 1_000
const IN_USE_MS = 60_000
const RETRY_MS = 2_000
/** More at once are faster fetched as one list. */
const MAX_SINGLY = 12

/** @param onSound something new has to be heard */
export function openWorkStore(onSound: (sound: 'red' | 'other') => void): WorkStore {
  let state: WorkState = {
    list: undefined,
    line: 'opening',
    stale: false,
    trueAt: undefined,
    news: NO_NEWS,
    problem: undefined,
  }
  const watchers = new Set<() => void>()
  const changeWatchers = new Set<(change: Change) => void>()
  const dirty = new Set<string>()
  const stopping = new AbortController()
  let wantsAll = true
  let working = false
  let staleTimer: number | undefined
  let lookTimer: number | undefined
  let closeLine: (() => void) | undefined

  function become(next: Partial<WorkState>): void {
    if (stopping.signal.aborted) return
    state = { ...state, ...next }
    for (const told of watchers) told()
  }

  function hear(news: News): Pick<WorkState, 'news'> {
    if (news.sound !== undefined) onSound(news.sound)
    return { news: { ...news, sound: undefined } }
  }

  /** Called at every word of the broker; it vouches for the list only when nothing is known to be missing in it. */
  function vouch(): void {
    if (state.list === undefined || wantsAll || working || dirty.size > 0) return
    window.clearTimeout(staleTimer)
    staleTimer = window.setTimeout(() => become({ stale: true }), STALE_MS)
    state = { ...state, trueAt: now() }
    if (state.stale) become({ stale: false })
  }

  function lookIn(ms: number): void {
    window.clearTimeout(lookTimer)
    lookTimer = window.setTimeout(() => {
      wantsAll = true
      void work()
    }, ms)
  }

  async function fetchAll(): Promise<boolean> {
    wantsAll = false
    dirty.clear()
    const answer = await (earlyList() ?? ask<WorkList>('/v1/work-list', { signal: stopping.signal }))
    if (answer.type !== 'fine') {
      wantsAll = true
      become({ problem: answer })
      return false
    }
    setClock(answer.data.at)
    const first = state.list === undefined
    const list = keepingSame(state.list, answer.data)
    become({ list, problem: undefined, ...hear(afterList(state.news, list, dirty, first)) })
    if (first) open(answer.data.cursor)
    return true
  }

  async function fetchOne(citizen: string): Promise<boolean> {
    const path = `/v1/citizens/${encodeURIComponent(citizen)}/work-item` as const
    const answer = await ask<{ readonly item: WorkItem | null }>(path, { signal: stopping.signal })
    // 404: the grant has ended since.
    const gone = answer.type === 'refused' && answer.status === 404
    if (answer.type !== 'fine' && !gone) return false
    if (state.list !== undefined)
      become({ list: withItem(state.list, citizen, answer.type === 'fine' ? answer.data.item : null) })
    return true
  }

  async function round(): Promise<boolean> {
    if (wantsAll || dirty.size > MAX_SINGLY) return fetchAll()
    const citizens = [...dirty]
    dirty.clear()
    const done = await Promise.all(citizens.map(fetchOne))
    return done.every((fine) => fine)
  }

  /** One thing at a time: an answer that was asked for earlier can't come after a newer one. */
  async function work(): Promise<void> {
    if (working) return
    working = true
    let fine = true
    while (fine && !stopping.signal.aborted && (wantsAll || dirty.size > 0)) fine = await round()
    working = false
    if (stopping.signal.aborted) return
    if (fine) vouch()
    else wantsAll = true
    if (!fine) lookIn(state.line === 'live' ? RETRY_MS : POLL_MS)
    else if (state.line === 'cut') lookIn(POLL_MS)
  }

  function open(after: number): void {
    closeLine = openLive({
      after,
      onWord: vouch,
      onReload: () => lookIn(0),
      onLine: (line) => {
        if (line === state.line) return
        const first = state.line === 'opening'
        become({ line })
        // The first one begins where the list ends: there is nothing in between.
        if (first && line === 'live') return
        // What happened in between comes over the line too; a list that was true is no risk to ask for.
        lookIn(line === 'live' ? 0 : AFTER_CUT_MS)
      },
      onChange: (change) => {
        for (const told of changeWatchers) told(change)
        if (!concernsNurses(change)) return
        become(hear(afterChange(state.news, change)))
        dirty.add(change.citizen)
        void work()
      },
    })
  }

  void work()
  return {
    state: () => state,
    watch(listener) {
      watchers.add(listener)
      return () => void watchers.delete(listener)
    },
    watchChanges(listener) {
      changeWatchers.add(listener)
      return () => void changeWatchers.delete(listener)
    },
    lookAgain(citizen) {
      if (citizen === undefined) wantsAll = true
      else dirty.add(citizen)
      void work()
    },
    keepInUse() {
      const timer = window.setInterval(() => {
        wantsAll = true
        void work()
      }, IN_USE_MS)
      return () => window.clearInterval(timer)
    },
    dismiss: (alert) => become({ news: dismissed(state.news, alert) }),
    close() {
      stopping.abort()
      closeLine?.()
      window.clearTimeout(staleTimer)
      window.clearTimeout(lookTimer)
    },
  }
}
