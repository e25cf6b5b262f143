import type { Fleet } from '../../shapes.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { When } from '../shell/when.tsx'
import { eventWords, FLEET_WORDS } from './fleet-words.ts'

const SHOWN_AT_ONCE = 5

/** What happened to hubs, certificates and codes; newest first. */
export function EventList({ events }: Pick<Fleet, 'events'>) {
  const say = useWords(FLEET_WORDS)
  const rest = events.slice(SHOWN_AT_ONCE)
  return (
    <section aria-labelledby="events">
      <h2 id="events">{say('events')}</h2>
      {events.length === 0 && <p class="soft">{say('noEvents')}</p>}
      <Events events={events.slice(0, SHOWN_AT_ONCE)} />
      {rest.length > 0 && (
        <details>
          <summary>{`${say('showAll')} (${events.length})`}</summary>
          <Events events={rest} />
        </details>
      )}
    </section>
  )
}

function Events({ events }: Pick<Fleet, 'events'>) {
  const language = useLanguage()
  return (
    <ul class="events">
      {events.map(({ at, kind, subject }) => (
        <li key={`${at} ${kind} ${subject}`}>
          <b>{subject}</b> {eventWords(kind, language)}{' '}
          <span class="soft">
            <When at={at} />
          </span>
        </li>
      ))}
    </ul>
  )
}
