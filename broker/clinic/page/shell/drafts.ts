import { createContext } from 'preact'
import { useContext, useState } from 'preact/hooks'

/**
 * What somebody has begun to write: it outlives a look at another page and an ended session, in memory only. Gone when
 * its author signs out, or somebody else signs in.
 */
export type Drafts = Map<string, unknown>

export const DraftsContext = createContext<Drafts>(new Map())

/** As useState. @param name of the draft, one in the whole page; always of the same type */
export function useDraft<T>(name: string, empty: T): [draft: T, write: (draft: T) => void, discard: () => void] {
  const drafts = useContext(DraftsContext)
  const [draft, show] = useState<T>(() => (drafts.has(name) ? (drafts.get(name) as T) : empty))
  const write = (next: T) => {
    drafts.set(name, next)
    show(next)
  }
  const discard = () => {
    drafts.delete(name)
    show(empty)
  }
  return [draft, write, discard]
}
