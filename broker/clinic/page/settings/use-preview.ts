import { useEffect, useState } from 'preact/hooks'
import type { PlanPreview } from '../../shapes.ts'
import { ask } from '../shell/calls.ts'
import { fieldErrors } from './field-errors.ts'
import type { PlanBody } from './plan-draft.ts'

const SETTLED_MS = 400
/** The slots do not depend on it, and a draft has none yet. */
const NO_REASON = '-'

export interface Preview {
  readonly state: 'waiting' | 'running' | 'shown' | 'failed'
  readonly slots: PlanPreview['slots']
  /** What the broker finds wrong, by path of the body. */
  readonly fields: Readonly<Record<string, string>>
}

type Told =
  | { readonly key: string; readonly type: 'slots'; readonly slots: PlanPreview['slots'] }
  | { readonly key: string; readonly type: 'fields'; readonly fields: Readonly<Record<string, string>> }
  | { readonly key: string; readonly type: 'failed' }

/** The slots of a draft, asked for anew when it has settled. @param body undefined while it cannot be read */
export function usePreview(path: `/${string}`, body: PlanBody | undefined): Preview {
  const [told, tell] = useState<Told | undefined>(undefined)
  const key = body === undefined ? undefined : JSON.stringify({ ...body, reason: NO_REASON })

  useEffect(() => {
    if (key === undefined) return undefined
    const stop = new AbortController()
    const timer = window.setTimeout(async () => {
      const { signal } = stop
      const answer = await ask<PlanPreview>(path, { method: 'POST', body: JSON.parse(key), signal })
      if (signal.aborted) return
      if (answer.type === 'fine') tell({ key, type: 'slots', slots: answer.data.slots })
      else {
        const fields = answer.type === 'refused' ? fieldErrors(answer.advice) : {}
        tell(Object.keys(fields).length > 0 ? { key, type: 'fields', fields } : { key, type: 'failed' })
      }
    }, SETTLED_MS)
    return () => {
      window.clearTimeout(timer)
      stop.abort()
    }
  }, [path, key])

  if (key === undefined) return { state: 'waiting', slots: [], fields: {} }
  if (told?.key !== key) return { state: 'running', slots: told?.type === 'slots' ? told.slots : [], fields: {} }
  if (told.type === 'slots') return { state: 'shown', slots: told.slots, fields: {} }
  return told.type === 'fields'
    ? { state: 'waiting', slots: [], fields: told.fields }
    : { state: 'failed', slots: [], fields: {} }
}
