import { useNow } from './clock.ts'
import { formatMoment, formatSince, formatWhen } from './format.ts'
import { useLanguage } from './language.ts'
import type { Moment } from './local-time.ts'

const HOW = { ago: formatWhen, absolute: formatMoment, since: formatSince }

interface WhenProps {
  readonly at: Moment
  /** ago: for 3 min. siden (14.03). absolute: 14.03. since, after the word "siden": 14.03 (3 min.). */
  readonly how?: keyof typeof HOW
  /** The same as `how="absolute"`. */
  readonly absolute?: boolean
}

/** A time that stays true: a minute later it says "for 4 min. siden (14.03)". */
export function When({ at, absolute = false, how = absolute ? 'absolute' : 'ago' }: WhenProps) {
  const language = useLanguage()
  const text = useNow((now) => HOW[how](at, now, language))
  return <time dateTime={typeof at === 'number' ? new Date(at).toISOString() : at}>{text}</time>
}
