import { existsSync } from 'node:fs'
import { begin, type TrialState } from '../trial.ts'
import { refused } from './manifest.ts'
import { RELEASE_RULES, removeNote, withNote } from './release-trial.ts'
import { point, readState, releasePath, writeState } from './releases.ts'

/**
 * Decides before each start of the service which release it runs. It is called by the unit, with the code of the trusted
 * release: one that can't even load can't stand in the way of its own removal. Whatever a power cut has left half done is
 * finished here, since the links only follow the state.
 */

export interface Settled {
  readonly runs: string
  /** Put back just now. */
  readonly rolledBack?: { readonly version: string; readonly why: string }
}

/** @throws PreCareError 'update-refused' when there is no release to run */
export function settle(root: string, notePath: string, boot: string): Settled {
  const before = readState(root)
  const noted = withNote(before, notePath)
  const { trial } = noted
  // What was left of an earlier trial of the same version says nothing of this one.
  if (trial?.phase === 'trying' && trial.starts === 0) removeNote(notePath)
  const begun = trial?.phase === 'trying' ? begin(noted, trial.hash, boot, RELEASE_RULES).state : noted
  const state = presentOnly(root, begun)
  if (JSON.stringify(state) !== JSON.stringify(before)) writeState(root, state)
  const runs = state.trial?.phase === 'trying' ? state.trial.hash : state.good
  if (runs === undefined) throw refused('no release is installed')
  follow(root, state)
  const back = state.trial?.phase === 'refused' && before.trial?.phase === 'trying' ? state.trial : undefined
  return { runs, ...(back && { rolledBack: { version: back.hash, why: back.why ?? 'died' } }) }
}

/** Lets the links follow the state. */
export function follow(root: string, { good, trial }: TrialState): void {
  const runs = trial?.phase === 'trying' ? trial.hash : good
  if (runs !== undefined) point(root, 'current', runs)
  if (good !== undefined) point(root, 'trusted', good)
}

/** A release whose folder is gone can't be tried. */
function presentOnly(root: string, state: TrialState): TrialState {
  const { trial } = state
  if (trial?.phase !== 'trying' || existsSync(releasePath(root, trial.hash))) return state
  return { ...state, trial: { ...trial, phase: 'refused', why: 'died' } }
}
