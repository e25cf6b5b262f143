import { useEffect, useState } from 'preact/hooks'
import type { DryRunAnswer, LimitValues } from '../../shapes.ts'
import { ask } from '../shell/calls.ts'
import { trialKey } from './limit-draft.ts'

/** Long enough for a number to be typed to its end. */
const SETTLED_MS = 500

/** What stands beside the draft. `key` says of which values and weeks it is. */
export interface Trial {
  readonly state: 'idle' | 'running' | 'shown' | 'failed'
  /** The last answer, also while another is on its way. */
  readonly answer: DryRunAnswer | undefined
  /** The answer is of the draft as it stands. */
  readonly current: boolean
}

interface Kept {
  readonly key: string
  readonly answer: DryRunAnswer
}

/**
 * Runs when it was asked for, and again when the draft has settled.
 * @param values undefined while the draft has mistakes @param seen entity tag of the limits that it is compared with
 * @param request grows with every time somebody presses the button; 0 before the first
 */
export function useDryRun(
  path: `/${string}`,
  values: LimitValues | undefined,
  weeks: number,
  seen: string | undefined,
  request: number,
): Trial {
  const [kept, keep] = useState<Kept | undefined>(undefined)
  const [failed, setFailed] = useState<string | undefined>(undefined)
  const key = values === undefined ? undefined : `${weeks} ${trialKey(values, seen)}`
  const current = kept !== undefined && kept.key === key
  const attempt = `${request} ${key}`

  useEffect(() => {
    if (request === 0 || key === undefined || values === undefined || current) return undefined
    const stop = new AbortController()
    const timer = window.setTimeout(async () => {
      const { signal } = stop
      const answer = await ask<DryRunAnswer>(path, { method: 'POST', body: { limits: values, weeks }, signal })
      if (signal.aborted) return
      if (answer.type === 'fine') keep({ key, answer: answer.data })
      else setFailed(attempt)
    }, SETTLED_MS)
    return () => {
      window.clearTimeout(timer)
      stop.abort()
    }
    // The key stands for the values.
  }, [path, key, request, current])

  const waiting = request > 0 && key !== undefined && !current
  const state = current ? 'shown' : waiting ? (failed === attempt ? 'failed' : 'running') : 'idle'
  return { state, answer: kept?.answer, current }
}
