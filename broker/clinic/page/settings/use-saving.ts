import { useState } from 'preact/hooks'
import { type Answer, ask } from '../shell/calls.ts'
import { useLanguage } from '../shell/language.ts'
import { refusalText } from '../shell/refusal-text.ts'
import { fieldErrors } from './field-errors.ts'
import type { Versioned } from './versioned.ts'

/** Somebody changed it first; or the version that was seen got lost. */
const OTHERS = new Set([412, 428])

interface Target<T> {
  readonly path: `/${string}`
  /** Where the newest version stands. */
  readonly look: `/${string}`
  readonly seen: string | undefined
  readonly keep: (answer: Versioned<T>) => void
}

export interface Saving<T> {
  readonly busy: boolean
  /** By path of the body: what the broker finds wrong, in the broker's words. */
  readonly fields: Readonly<Record<string, string>>
  /** Why nothing was saved, when no field is to blame. */
  readonly trouble: string | undefined
  /** What it was before somebody else changed it; the newest version has been kept. */
  readonly conflict: { readonly before: T } | undefined
  readonly send: (method: 'PUT' | 'DELETE', body: unknown) => Promise<'saved' | 'refused' | 'conflict'>
  /** The fields are typed anew. */
  readonly forget: () => void
  /** The conflict has been looked at. */
  readonly settle: () => void
}

type Refused<T> = Exclude<Answer<T>, { type: 'fine' }>

/**
 * Saves under the version that was seen. When somebody else was first, the newest version is fetched and kept, so that
 * both can be compared, and the next attempt names the new version.
 * @param before what the caller shows now
 */
export function useSaving<T>({ path, look, seen, keep, before }: Target<T> & { readonly before: T }): Saving<T> {
  const language = useLanguage()
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<Refused<T> | undefined>(undefined)
  const [conflict, setConflict] = useState<{ readonly before: T } | undefined>(undefined)

  const compare = async (refusal: Refused<T>) => {
    const newest = await ask<T>(look)
    if (newest.type !== 'fine') {
      setRefused(refusal)
      return
    }
    setConflict({ before: conflict?.before ?? before })
    keep({ data: newest.data, etag: newest.etag })
  }
  const send = async (method: 'PUT' | 'DELETE', body: unknown) => {
    setBusy(true)
    setRefused(undefined)
    const answer = await ask<T>(path, { method, body, ...(seen === undefined ? {} : { seen }) })
    const others = answer.type === 'refused' && OTHERS.has(answer.status)
    if (answer.type === 'fine') {
      setConflict(undefined)
      keep({ data: answer.data, etag: answer.etag })
    } else if (others) await compare(answer)
    else setRefused(answer)
    setBusy(false)
    return answer.type === 'fine' ? 'saved' : others ? 'conflict' : 'refused'
  }

  const fields = refused?.type === 'refused' ? fieldErrors(refused.advice) : {}
  const trouble = refused === undefined || Object.keys(fields).length > 0 ? undefined : refusalText(refused, language)
  return {
    busy,
    fields,
    trouble,
    conflict,
    send,
    forget: () => setRefused(undefined),
    settle: () => setConflict(undefined),
  }
}
