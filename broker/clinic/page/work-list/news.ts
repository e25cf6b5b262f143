import type { Change, WorkList } from '../../shapes.ts'

/** What has to be said aloud: a red nobody was told of, or something else that is new. Each once. Pure. */

export interface RedNews {
  readonly alert: string
  readonly citizen: string
}

type Known = ReadonlyMap<string, { readonly citizen: string; readonly level: Change['level'] }>

export interface News {
  /** Each open alert that is on the list, or was told of since. */
  readonly known: Known
  /** Reds to look at, newest first. */
  readonly reds: readonly RedNews[]
  /** To be heard now; undefined: nothing. */
  readonly sound: 'red' | 'other' | undefined
}

/** More than a person can take in; the list has them all. */
const MAX_REDS = 20

export const NO_NEWS: News = { known: new Map(), reds: [], sound: undefined }

const without = (reds: readonly RedNews[], alert: string): readonly RedNews[] =>
  reds.some((red) => red.alert === alert) ? reds.filter((red) => red.alert !== alert) : reds

/** Technicians are told elsewhere; the self-test is nobody. */
export const concernsNurses = ({ category }: Pick<Change, 'category'>): boolean =>
  category !== 'technical' && category !== 'self-test'

/** A change has come over the line. */
export function afterChange(news: News, { alert, citizen, level, state, quiet }: Change): News {
  const before = news.known.get(alert)?.level
  const known = new Map(news.known)
  if (state !== 'open') {
    known.delete(alert)
    return { known, reds: without(news.reds, alert), sound: undefined }
  }
  known.set(alert, { citizen, level })
  if (level !== 'red') {
    const sound = before === undefined && !quiet ? 'other' : undefined
    return { known, reds: without(news.reds, alert), sound }
  }
  if (before === 'red' || quiet) return { known, reds: news.reds, sound: undefined }
  return { known, reds: [{ alert, citizen }, ...without(news.reds, alert)].slice(0, MAX_REDS), sound: 'red' }
}

/**
 * The whole list has come: what is open in it is known from now on, and nothing else is.
 * @param unsure citizens of whom a change came while the list was on its way: it may not be in it yet
 * @param first nothing was known before: what is there is no news
 */
export function afterList(news: News, list: WorkList, unsure: ReadonlySet<string>, first: boolean): News {
  const open = list.items.flatMap(({ citizen, alerts }) =>
    alerts.flatMap(({ alert, level, state, pausedBy }) =>
      state === 'open' && !unsure.has(citizen) ? [{ alert, citizen, level, quiet: pausedBy !== undefined }] : [],
    ),
  )
  const told = [...news.known].filter(([, { citizen }]) => unsure.has(citizen))
  const known: Known = new Map([
    ...told,
    ...open.map(({ alert, citizen, level }) => [alert, { citizen, level }] as const),
  ])
  const still = news.reds.filter(({ alert }) => known.get(alert)?.level === 'red')
  const fresh = first
    ? []
    : open.filter(({ alert, level, quiet }) => !quiet && isNews(news.known.get(alert)?.level, level))
  const reds = fresh.flatMap(({ alert, citizen, level }) => (level === 'red' ? [{ alert, citizen }] : []))
  const sound = reds.length > 0 ? 'red' : fresh.length > 0 ? 'other' : undefined
  return { known, reds: [...reds, ...still].slice(0, MAX_REDS), sound }
}

const isNews = (before: Change['level'] | undefined, level: Change['level']): boolean =>
  before === undefined || (level === 'red' && before !== 'red')

/** Somebody has seen it. */
export const dismissed = (news: News, alert: string): News => ({ ...news, reds: without(news.reds, alert) })
