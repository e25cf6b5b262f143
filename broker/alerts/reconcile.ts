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

  /** By whom this episode is told. */
  function alertFor({ rule, before }: Finding, episode: Episode): { id: string; digest: boolean } {
    const fresh = isFresh(episode, now)
    const own = before.find((known) => episodeKey(known.episode) === episodeKey(episode))
    const others = before.filter((known) => overlaps(known.episode, episode))
    const told = [...(own === undefined ? [] : [own]), ...others].map(({ alert }) => alert)
    const alerts = told.filter((id) => !isDigest(current(id)))
    const standing = alerts.find((id) => {
      const alert = current(id)
      return alert !== undefined && isUnfinished(alert)
    })
    const known = standing ?? alerts[0]
    if (known !== undefined) return { id: known, digest: false }
    const live = fresh && (episode.closedAt === undefined || told.length === 0)
    if (!live) {
      const id = told[0] ?? unfinishedOf(DIGEST_RULE.id)?.alert ?? alertId(citizen, DIGEST_RULE.id, episode.first)
      return { id, digest: true }
    }
    return { id: unfinishedOf(rule)?.alert ?? alertId(citizen, rule, episode.first), digest: false }
  }

  for (const finding of findings) {
    const { rule, before, after, goneBecause } = finding
    const keys = new Set(after.map(episodeKey))
    for (const { alert, episode } of before) {
      touched.add(alert)
      if (keys.has(episodeKey(episode))) continue
      book.dropEpisode(rule, episode)
      causes.set(alert, after.some((other) => overlaps(other, episode)) ? MERGED : (goneBecause ?? CORRECTED))
    }
    for (const episode of after) {
      const { id, digest } = alertFor(finding, episode)
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
