import type { Assignments, Held } from '../../shapes.ts'
import { now } from '../shell/clock.ts'
import { formatMoment } from '../shell/format.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { type Assignment, endsWords, formerOf, releaseWords } from './assignment.ts'
import { HELD_WORDS } from './fleet-words.ts'

/** Who has the device now or later, slot by slot. */
export function KnownAssignments({ known }: { readonly known: Assignments }) {
  const say = useWords(HELD_WORDS)
  const language = useLanguage()
  const told = known.assignments.map(({ citizen, slot, from, to }) => {
    const place = slot === undefined ? say('whole') : `${say('slot')} ${slot}`
    const until = to === undefined ? '' : ` – ${formatMoment(to, now(), language)}`
    return `${citizen ?? say('foreign')} (${place}, ${formatMoment(from, now(), language)}${until || ' –'})`
  })
  return <p class="soft">{`${say('hasNow')}: ${told.length === 0 ? say('nobody') : told.join(', ')}.`}</p>
}

interface SureProps {
  readonly held: Held
  readonly known: Assignments
  readonly wanted: Assignment
}

/** What confirming will do. */
export function Sure({ held, known, wanted }: SureProps) {
  const say = useWords(HELD_WORDS)
  const language = useLanguage()
  const former = formerOf(known, wanted)
  return (
    <>
      <p role="status">
        <b>{releaseWords(held, wanted, now(), language)}</b>
        {former !== undefined && ` ${endsWords(former.citizen, language)}`}
      </p>
      <p>{say('sure')}</p>
    </>
  )
}
