import { z } from 'zod'

/**
 * Something new, a configuration or a release, is on trial until the hub has shown that it works with it. What does not
 * get that far gives way to the last one that did, since nobody is there to undo it. Pure; snapshots.ts and update/ keep
 * the state on disk.
 */

/** Starts in one boot without success, as of a hub that dies at once: the third is one too many. */
const MAX_STARTS = 3
/** Long enough for a router that starts together with the hub after a power cut. */
export const TRIAL_MS = 10 * 60_000

/** died: too many starts in one boot. not-reached: not healthy in time. power-cut: the machine was booted meanwhile. */
const reasonSchema = z.enum(['died', 'not-reached', 'power-cut'])

/** comparing: the good one runs, to see whether it fares better. undecided: neither does; the new one stays. */
export const trialStateSchema = z.strictObject({
  good: z.string().exactOptional(),
  trial: z
    .strictObject({
      /** What is tried: the hash of a configuration, the version of a release. */
      hash: z.string(),
      /** 0: not started yet. */
      starts: z.int().min(0),
      boot: z.string(),
      phase: z.enum(['trying', 'comparing', 'refused', 'undecided']),
      why: reasonSchema.exactOptional(),
    })
    .exactOptional(),
})
export type TrialState = z.infer<typeof trialStateSchema>
export type Used = 'given' | 'good'

export interface TrialRules {
  /**
   * again: a start after a power cut is no sign of a fault, and only those of one boot are counted together. refuse: it
   * may be the new one that brought the machine down.
   */
  readonly afterPowerCut: 'again' | 'refuse'
  /**
   * compare: a home without internet proves nothing, so the good one is tried once in comparison, and only if that one
   * fares better is the new one refused. refuse: at once, and somebody tries again.
   */
  readonly notReached: 'compare' | 'refuse'
}

/** Which one this start uses. @param hash of the one that is given; undefined when that can't be used at all */
export function begin(
  { good, trial }: TrialState,
  hash: string | undefined,
  boot: string,
  rules: TrialRules,
): { use: Used; state: TrialState } {
  const kept = good === undefined ? {} : { good }
  if (hash === undefined) return { use: 'good', state: { ...kept, ...(trial && { trial }) } }
  if (good === undefined || hash === good) return { use: 'given', state: kept }
  if (trial?.hash !== hash)
    return { use: 'given', state: { ...kept, trial: { hash, starts: 1, boot, phase: 'trying' } } }
  if (trial.phase === 'undecided') return { use: 'given', state: { ...kept, trial } }
  if (trial.phase !== 'trying') return { use: 'good', state: { ...kept, trial } }
  const sameBoot = trial.boot === boot
  if (!sameBoot && trial.starts > 0 && rules.afterPowerCut === 'refuse') {
    return { use: 'good', state: { ...kept, trial: { ...trial, phase: 'refused', why: 'power-cut' } } }
  }
  const starts = sameBoot ? trial.starts + 1 : 1
  if (starts < MAX_STARTS) return { use: 'given', state: { ...kept, trial: { hash, starts, boot, phase: 'trying' } } }
  return { use: 'good', state: { ...kept, trial: { hash, starts, boot, phase: 'refused', why: 'died' } } }
}

/** The hub works with what it uses. */
export function reached({ good, trial }: TrialState, used: Used, hash: string | undefined): TrialState {
  if (used === 'given' && hash !== undefined) return { good: hash }
  const refused = trial?.phase === 'comparing' ? { ...trial, phase: 'refused' as const } : trial
  return { ...(good === undefined ? {} : { good }), ...(refused && { trial: refused }) }
}

/** The time of the trial is over without that. `again`: the process is to start anew, with the other one. */
export function notReached(state: TrialState, used: Used, rules: TrialRules): { again: boolean; state: TrialState } {
  const { trial } = state
  if (used === 'given' && trial?.phase === 'trying') {
    const phase = rules.notReached === 'compare' ? 'comparing' : 'refused'
    return { again: true, state: { ...state, trial: { ...trial, phase, why: 'not-reached' } } }
  }
  if (used === 'good' && trial?.phase === 'comparing') {
    return { again: true, state: { ...state, trial: { ...trial, phase: 'undecided' } } }
  }
  return { again: false, state }
}
