import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import { writeDurably } from '../durable-file.ts'
import { notReached, reached, type TrialRules, type TrialState } from '../trial.ts'
import { readState } from './releases.ts'

/**
 * A release on trial, seen from the hub that runs it. The hub may not change its own code: it leaves a note in its own
 * folder, and the unit's first step, with the code of the trusted release, acts on it (settle.ts).
 */

/**
 * Refused at once, without the comparison that a configuration gets: the old release is known to work, and an update can
 * be sent again. A power cut is held against it, since a release can bring a machine down.
 */
export const RELEASE_RULES: TrialRules = { afterPowerCut: 'refuse', notReached: 'refuse' }

const noteSchema = z.strictObject({ version: z.string(), outcome: z.enum(['healthy', 'not-healthy']) })
type Note = z.infer<typeof noteSchema>

export interface ReleaseTrial {
  healthy(): void
  notHealthy(): void
}

/** Undefined when this version is not on trial. @param notePath in a folder that the hub may write to */
export function releaseTrial(root: string, notePath: string, version: string): ReleaseTrial | undefined {
  const { trial } = readState(root)
  if (trial?.phase !== 'trying' || trial.hash !== version) return undefined
  const note = (outcome: Note['outcome']) => (): void => {
    mkdirSync(dirname(notePath), { recursive: true })
    writeDurably(notePath, JSON.stringify({ version, outcome }))
  }
  return { healthy: note('healthy'), notHealthy: note('not-healthy') }
}

/** The version that was put back from, and why; undefined when the last update went well. */
export function rolledBack(root: string): { readonly version: string; readonly why: string } | undefined {
  const { trial } = readState(root)
  return trial?.phase === 'refused' ? { version: trial.hash, why: trial.why ?? 'died' } : undefined
}

/** The state after what the hub has noted of a trial that has begun. */
export function withNote(state: TrialState, notePath: string): TrialState {
  const { trial } = state
  if (trial?.phase !== 'trying' || trial.starts === 0) return state
  const note = readNote(notePath)
  if (note?.version !== trial.hash) return state
  return note.outcome === 'healthy'
    ? reached(state, 'given', trial.hash)
    : notReached(state, 'given', RELEASE_RULES).state
}

/** A note of an earlier trial must not speak for the next. */
export function removeNote(notePath: string): void {
  rmSync(notePath, { force: true })
}

function readNote(path: string): Note | undefined {
  if (!existsSync(path)) return undefined
  try {
    return noteSchema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
