import { createContext } from 'preact'
import { useContext, useEffect } from 'preact/hooks'

/** What is on the page, typed and not saved: who goes to another page is asked once. */
export type Unsaved = Set<symbol>

export const UnsavedContext = createContext<Unsaved>(new Set())

/** @param typed there is something that leaving would lose */
export function useUnsaved(typed: boolean): void {
  const unsaved = useContext(UnsavedContext)
  useEffect(() => {
    if (!typed) return
    const draft = Symbol('draft')
    unsaved.add(draft)
    return () => {
      unsaved.delete(draft)
    }
  }, [typed, unsaved])
}
