import { useEffect, useState } from 'preact/hooks'

/** Where in the page somebody is: the part of the address after `#`. Ids are the only thing in it that is about anybody. */
export type Place =
  | { readonly page: 'work-list' }
  | { readonly page: 'citizen'; readonly citizen: string }
  | { readonly page: 'settings'; readonly citizen: string }
  | { readonly page: 'handover' }
  | { readonly page: 'fleet' }

/** As `idSchema` (device-drivers/reading.ts): anything else is no id, and asked for by nobody. */
const ID = /^[a-z0-9-]{4,32}$/

export function placeOf(hash: string): Place {
  const [page, citizen, part] = hash.replace(/^#\/?/, '').split('/')
  if (page === 'fleet' || page === 'handover') return { page }
  if (page !== 'citizens' || citizen === undefined || !ID.test(citizen)) return { page: 'work-list' }
  return part === 'settings' ? { page: 'settings', citizen } : { page: 'citizen', citizen }
}

export function addressOf(place: Place): string {
  if (place.page === 'work-list') return '#/'
  if (place.page === 'fleet' || place.page === 'handover') return `#/${place.page}`
  const citizen = `#/citizens/${encodeURIComponent(place.citizen)}`
  return place.page === 'settings' ? `${citizen}/settings` : citizen
}

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
