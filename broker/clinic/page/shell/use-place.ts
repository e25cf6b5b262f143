import { useEffect, useState } from 'preact/hooks'
import { addressOf, type Place, placeOf } from './place.ts'

export interface Whereabouts {
  readonly place: Place
  /** Where somebody wants to go, and has to say that it is meant: then `go`, otherwise `stay`. */
  readonly wanted: Place | undefined
  readonly go: () => void
  readonly stay: () => void
}

/** @param isHeld asked when the address changes: leaving the place would lose something */
export function usePlace(isHeld: () => boolean): Whereabouts {
  const [place, move] = useState(() => placeOf(location.hash))
  const [wanted, want] = useState<Place | undefined>(undefined)
  useEffect(() => {
    const changed = () => {
      const next = placeOf(location.hash)
      const away = addressOf(next) !== addressOf(place)
      want(away && isHeld() ? next : undefined)
      if (away && !isHeld()) move(next)
    }
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [place, isHeld])
  return {
    place,
    wanted,
    go: () => {
      if (wanted !== undefined) move(wanted)
      want(undefined)
    },
    stay: () => {
      // The address says where one is; the way back in the browser's history is one step longer.
      history.replaceState(null, '', addressOf(place))
      want(undefined)
    },
  }
}
