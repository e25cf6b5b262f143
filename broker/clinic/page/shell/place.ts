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
