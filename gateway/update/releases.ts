import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { sync, writeDurably } from '../durable-file.ts'
import { type TrialState, trialStateSchema } from '../trial.ts'
import { compareVersions, isVersion } from './manifest.ts'

/**
 * Releases side by side below one root:
 *
 * - `releases/<version>/`  each complete, with the packages it needs
 * - `current`              link to the one that runs
 * - `trusted`              link to the last one that proved itself; its code decides about the others
 * - `trial.json`           which one is trusted and which one is tried: what the links follow
 */

/** Written by whoever installs, read by the hub's own user. */
const WORLD_READABLE = 0o644

export type Link = 'current' | 'trusted'

const releasesOf = (root: string): string => join(root, 'releases')
export const releasePath = (root: string, version: string): string => join(releasesOf(root), version)
const statePath = (root: string): string => join(root, 'trial.json')

/** Oldest first. */
export function releasesIn(root: string): string[] {
  const folder = releasesOf(root)
  return existsSync(folder) ? readdirSync(folder).filter(isVersion).sort(compareVersions) : []
}

/** Version that the link names; undefined when there is no such link. */
export function linked(root: string, link: Link): string | undefined {
  try {
    return basename(readlinkSync(join(root, link)))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Lets the link name another release, in one step: a power cut leaves the old or the new link. */
export function point(root: string, link: Link, version: string): void {
  if (linked(root, link) === version) return
  const next = join(root, `${link}.new`)
  rmSync(next, { force: true })
  symlinkSync(join('releases', version), next)
  renameSync(next, join(root, link))
  sync(root)
}

/** A state that can't be read gives way to what the links say: what is trusted stays so, and nothing is tried. */
export function readState(root: string): TrialState {
  const good = linked(root, 'trusted')
  const fallback: TrialState = good === undefined ? {} : { good }
  if (!existsSync(statePath(root))) return fallback
  try {
    return trialStateSchema.safeParse(JSON.parse(readFileSync(statePath(root), 'utf8'))).data ?? fallback
  } catch (error) {
    // A bad sector: the next state that is written takes other ones.
    const isUnreadable = error instanceof Error && 'code' in error && error.code === 'EIO'
    if (isUnreadable || error instanceof SyntaxError) return fallback
    throw error
  }
}

/** The point of no return of every change: the links are made to follow, now or at the next start. */
export function writeState(root: string, state: TrialState): void {
  writeDurably(statePath(root), JSON.stringify(state), WORLD_READABLE)
}

const PART = '.part-'

/** An empty folder that is no release yet. @param tag unique */
export function makePart(root: string, version: string, tag: string): string {
  const part = join(releasesOf(root), `${version}${PART}${tag}`)
  mkdirSync(part, { recursive: true })
  return part
}

/** Makes a complete folder a release. */
export function adopt(root: string, part: string, version: string): void {
  rmSync(releasePath(root, version), { recursive: true, force: true })
  renameSync(part, releasePath(root, version))
  sync(releasesOf(root))
}

/** Removes what a broken-off update has left behind. */
export function removeParts(root: string): void {
  const folder = releasesOf(root)
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder)) {
    if (name.includes(PART)) rmSync(join(folder, name), { recursive: true, force: true })
  }
}

/** Removes every release but these. */
export function keepOnly(root: string, versions: readonly string[]): void {
  for (const version of releasesIn(root)) {
    if (!versions.includes(version)) rmSync(releasePath(root, version), { recursive: true, force: true })
  }
}
