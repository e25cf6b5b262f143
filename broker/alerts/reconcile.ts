import { createHash } from 'node:crypto'
import type { AlertMessage } from '../contract/alert.ts'
import {
  CORRECTED,
  DIGEST_RULE,
  digestOf,
  endedWithout,
  isFresh,
  isUnfinished,
  MERGED,
  messageOf,
  type Telling,
} from './alert-message.ts'
import { type Episode, episodeKey, overlaps } from './episode.ts'

/**
 * Brings what people were told into line with what the data says now. Episodes are recomputed; what was told is a fact:
 * an alert is annotated, joined, closed or withdrawn, and never unsent.
 */

export interface StoredEpisode {
  readonly alert: string
  readonly episode: Episode
}

/** Episodes and alerts of one citizen. */
export interface AlertBook {
  alert(id: string): AlertMessage | undefined
  /** The open or acknowledged alert of a rule; of 'digest' the open digest. */
  unfinished(rule: string): AlertMessage | undefined
  /** Episodes told by an alert. */
  episodesOf(alert: string): readonly Episode[]
  putEpisode(rule: string, stored: StoredEpisode): void
  dropEpisode(rule: string, episode: Episode): void
}

/** What judging again found under one rule. */
export interface Finding {
  readonly rule: string
  /** Stored episodes that `after` replaces. */
  readonly before: readonly StoredEpisode[]
  /** Oldest first. */
  readonly after: readonly Episode[]
  /** Why an episode can be gone; corrected data otherwise. */
  readonly goneBecause?: string
}

export interface Reconciling extends Omit<Telling, 'alert'> {
  readonly book: AlertBook
}

/** Opaque, and the same whenever the same reading opens the same citizen's episode under the same rule. */
export function alertId(citizen: string, rule: string, first: string): string {
  return createHash('sha256').update(`${citizen}|${rule}|${first}`).digest('hex').slice(0, 32)
}

const isDigest = (alert: AlertMessage | undefined): boolean => alert?.category === 'digest'

/** @returns messages that changed, in the order in which they were decided; the caller keeps and publishes them */
export function reconcile(reconciling: Reconciling, findings: readonly Finding[]): AlertMessage[] {
  const { book, citizen, now, pausedBy } = reconciling
  const drafts = new Map<string, AlertMessage>()
  const touched = new Set<string>()
  const causes = new Map<string, string>()
  const read = new Map<string, AlertMessage | undefined>()
  const stored = (id: string): AlertMessage | undefined => {
    if (!read.has(id)) read.set(id, book.alert(id))
    return read.get(id)
  }
  const current = (id: string): AlertMessage | undefined => drafts.get(id) ?? stored(id)

  function draft(id: string, digest: boolean): void {
    const episodes = book.episodesOf(id)
    const before = stored(id)
    const telling: Telling = { alert: id, citizen, now, pausedBy }
    if (episodes.length === 0) {
      if (before !== undefined) drafts.set(id, endedWithout(before, causes.get(id) ?? CORRECTED, now))
      else drafts.delete(id)
      return
    }
    drafts.set(id, digest ? digestOf(telling, before, episodes) : messageOf(telling, before, episodes))
  }

  function unfinishedOf(rule: string): AlertMessage | undefined {
    for (const message of drafts.values()) {
      const same = rule === DIGEST_RULE.id ? isDigest(message) : !isDigest(message) && message.rule.id === rule
      if (same && isUnfinished(message)) return message
    }
    const known = book.unfinished(rule)
    return known === undefined || drafts.has(known.alert) ? undefined : known
  }

  /** By whom this episode is told. @param gone episodes that are no more */
  function alertFor(
    { rule, before }: Finding,
    gone: readonly StoredEpisode[],
    episode: Episode,
  ): { id: string; digest: boolean } {
    const own = before.filter((known) => episodeKey(known.episode) === episodeKey(episode))
    // Its start has changed, or it has swallowed others.
    const others = gone.filter((known) => overlaps(known.episode, episode))
    const told = [...own, ...others].map(({ alert }) => alert)
    const alerts = told.filter((id) => !isDigest(current(id)))
    const standing = alerts.find((id) => {
      const alert = current(id)
      return alert !== undefined && isUnfinished(alert)
    })
    if (standing !== undefined) return { id: standing, digest: false }
    const lasts = episode.closedAt === undefined
    const live = isFresh(episode, now) && (lasts || told.length === 0)
    const open = live ? unfinishedOf(rule)?.alert : undefined
    if (open !== undefined) return { id: open, digest: false }
    if (alerts[0] !== undefined) return { id: alerts[0], digest: false }
    if (live) return { id: alertId(citizen, rule, episode.first), digest: false }
    const id = told[0] ?? unfinishedOf(DIGEST_RULE.id)?.alert ?? alertId(citizen, DIGEST_RULE.id, episode.first)
    return { id, digest: true }
  }

  for (const finding of findings) {
    const { rule, before, after, goneBecause } = finding
    const keys = new Set(after.map(episodeKey))
    const gone = before.filter(({ episode }) => !keys.has(episodeKey(episode)))
    for (const { alert } of before) touched.add(alert)
    for (const { alert, episode } of gone) {
      book.dropEpisode(rule, episode)
      causes.set(alert, after.some((other) => overlaps(other, episode)) ? MERGED : (goneBecause ?? CORRECTED))
    }
    for (const episode of after) {
      const { id, digest } = alertFor(finding, gone, episode)
      const own = before.find((known) => episodeKey(known.episode) === episodeKey(episode))
      if (own !== undefined && own.alert !== id) causes.set(own.alert, MERGED)
      book.putEpisode(rule, { alert: id, episode })
      touched.delete(id)
      draft(id, digest)
    }
    for (const id of touched) draft(id, isDigest(current(id)))
    touched.clear()
  }
  return [...drafts.values()].filter((message) => message !== stored(message.alert))
}
