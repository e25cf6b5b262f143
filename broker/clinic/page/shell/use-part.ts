import { useCallback, useLayoutEffect, useState } from 'preact/hooks'
import { fetchPart, type Part, type PartName, partOf } from './pages.ts'

/**
 * unreachable: the broker does not answer. replaced: it does, and no longer has this file: a new version was installed.
 */
type WhyNoPart = 'unreachable' | 'replaced'

/** there: to be drawn. undefined: on its way. */
export interface PartState {
  readonly part: Part | undefined
  readonly failed: WhyNoPart | undefined
  readonly again: () => void
}

/** A page that is a file of its own, fetched when it is not there yet. @param name undefined: none is needed */
export function usePart(name: PartName | undefined): PartState {
  const [failed, fail] = useState<{ readonly name: PartName; readonly why: WhyNoPart }>()
  const [, draw] = useState<Part>()
  const part = name === undefined ? undefined : partOf(name)
  const isMissing = part === undefined

  const get = useCallback(async (): Promise<void> => {
    if (name === undefined) return
    fail(undefined)
    const found = await fetchPart(name).catch(() => undefined)
    if (found === undefined) fail({ name, why: await whyNot() })
    else draw(() => found)
  }, [name])

  useLayoutEffect(() => {
    if (isMissing) void get()
  }, [isMissing, get])

  return { part, failed: failed?.name === name ? failed?.why : undefined, again: () => void get() }
}

async function whyNot(): Promise<WhyNoPart> {
  const answer = await fetch('/', { cache: 'no-store' }).catch(() => undefined)
  return answer?.ok === true ? 'replaced' : 'unreachable'
}
