import { useNow } from './clock.ts'
import { formatMoment, formatWhen, type Moment } from './format.ts'
import { useLanguage } from './language.ts'

interface WhenProps {
  readonly at: Moment
  /** Only the time itself, as for what was or will be on a certain day. */
  readonly absolute?: boolean
}

/** A time that stays true: "for 3 min. siden (14.03)", a minute later "for 4 min. siden (14.03)". */
export function When({ at, absolute = false }: WhenProps) {
  const language = useLanguage()
  const text = useNow((now) => (absolute ? formatMoment : formatWhen)(at, now, language))
  return <time dateTime={typeof at === 'number' ? new Date(at).toISOString() : at}>{text}</time>
}
