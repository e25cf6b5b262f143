import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import type { Change } from '../../shapes.ts'
import type { WorkState, WorkStore } from '../work-list/work-store.ts'

/** The work list as it is kept true, for every page inside; undefined for who may not read it. */
export const WorkContext = createContext<WorkStore | undefined>(undefined)

export const useWork = (): WorkStore | undefined => useContext(WorkContext)

/** Draws again with each change of it. */
export function useWorkState(): WorkState | undefined {
  const store = useWork()
  const [, draw] = useState(() => store?.state())
  useEffect(() => {
    if (store === undefined) return
    // An effect runs some time after the drawing: what came in between is drawn now.
    draw(store.state())
    return store.watch(() => draw(store.state()))
  }, [store])
  return store?.state()
}

/**
 * Calls the listener when something happened to this citizen: then look again.
 * @param listener kept as it is between drawings (useCallback), or it is exchanged at each
 */
export function useChanges(citizen: string, listener: (change: Change) => void): void {
  const store = useWork()
  useEffect(
    () => store?.watchChanges((change) => change.citizen === citizen && listener(change)),
    [store, citizen, listener],
  )
}
