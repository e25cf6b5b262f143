import { useEffect, useState } from 'preact/hooks'

/** Where in the page somebody is: the part of the address after `#`. Ids are the only thing in it that is about anybody. */
export type Place =
  | { readonly page: 'work-list' }
  | { readonly page: 'citizen'; readonly citizen: string }
  | { readonly page: 'settings'; readonly citizen: string }
  | { readonly page: 'fleet' }

export function placeOf(hash: string): Place {
  const [page, citizen, part] = hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent)
  if (page === 'fleet') return { page: 'fleet' }
  if (page !== 'citizens' || citizen === undefined || citizen === '') return { page: 'work-list' }
  return part === 'settings' ? { page: 'settings', citizen } : { page: 'citizen', citizen }
}

export function addressOf(place: Place): string {
  if (place.page === 'fleet') return '#/fleet'
  if (place.page === 'work-list') return '#/'
  const citizen = `#/citizens/${encodeURIComponent(place.citizen)}`
  return place.page === 'settings' ? `${citizen}/settings` : citizen
}

export function usePlace(): Place {
  const [place, move] = useState(() => placeOf(location.hash))
  useEffect(() => {
    const changed = () => move(placeOf(location.hash))
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  return place
}
