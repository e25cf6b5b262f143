import { useRef, useState } from 'preact/hooks'
import { Shape } from '../shell/badge.tsx'
import { Button } from '../shell/button.tsx'
import { useLanguage, useWords } from '../shell/language.ts'
import { counted, type FleetFilter, filtered, NO_FILTER } from './fleet-filter.ts'
import { FLEET_WORDS } from './fleet-words.ts'
import { HubCard } from './hub-card.tsx'
import { type FleetHub, troubleName, URGENCY_SHAPES, urgencyOf } from './trouble-words.ts'

/** So many are drawn at a time: 2,000 cards would take seconds. */
const PAGE = 100

interface ListProps {
  readonly hubs: readonly FleetHub[]
  /** So many have got into trouble since they were sorted. */
  readonly worse: number
  readonly sort: () => void
}

/** The hubs with search and filters, a hundred at a time. */
export function HubList({ hubs, worse, sort }: ListProps) {
  const say = useWords(FLEET_WORDS)
  const language = useLanguage()
  const [filter, setFilter] = useState<FleetFilter>(NO_FILTER)
  const [page, setPage] = useState(0)
  const heading = useRef<HTMLHeadingElement>(null)
  const matching = filtered(hubs, filter)
  const pages = Math.max(1, Math.ceil(matching.length / PAGE))
  const current = Math.min(page, pages - 1)
  const shown = matching.slice(current * PAGE, (current + 1) * PAGE)
  const put = (part: Partial<FleetFilter>) => {
    setFilter({ ...filter, ...part })
    setPage(0)
  }
  const turn = (to: number) => {
    setPage(to)
    heading.current?.scrollIntoView()
    heading.current?.focus()
  }
  return (
    <section aria-labelledby="hubs">
      <h2 id="hubs" ref={heading} tabIndex={-1}>
        {say('hubs')}
      </h2>
      {hubs.length === 0 && <p>{say('noHubs')}</p>}
      <Filters hubs={hubs} filter={filter} put={put} />
      <div class="row">
        <p role="status" class="soft">
          {rangeWords(current * PAGE, shown.length, matching.length, language)}
        </p>
        {worse > 0 && <Button onClick={sort}>{`${say('sort')} (${worseWords(worse, language)})`}</Button>}
      </div>
      {hubs.length > 0 && matching.length === 0 && <p>{say('none')}</p>}
      <ul class="hubs">
        {shown.map((hub) => (
          <HubCard key={hub.hub} hub={hub} />
        ))}
      </ul>
      {pages > 1 && (
        <nav class="row" aria-label={say('pages')}>
          {current > 0 && <Button onClick={() => turn(current - 1)}>{say('previous')}</Button>}
          <span>{`${current + 1} / ${pages}`}</span>
          {current < pages - 1 && <Button onClick={() => turn(current + 1)}>{say('next')}</Button>}
        </nav>
      )}
    </section>
  )
}

function rangeWords(first: number, shown: number, all: number, language: 'da' | 'en'): string {
  if (shown === 0) return ''
  const range = shown === all ? `${all}` : `${first + 1}–${first + shown} ${language === 'da' ? 'af' : 'of'} ${all}`
  return language === 'da' ? `Viser ${range}, de værste først` : `Showing ${range}, worst first`
}

const worseWords = (worse: number, language: 'da' | 'en'): string =>
  language === 'da' ? `${worse} er blevet værre` : `${worse} got worse`

interface FiltersProps {
  readonly hubs: readonly FleetHub[]
  readonly filter: FleetFilter
  readonly put: (part: Partial<FleetFilter>) => void
}

function Filters({ hubs, filter, put }: FiltersProps) {
  const say = useWords(FLEET_WORDS)
  const language = useLanguage()
  const urgencies = new Map(counted(hubs, (hub) => [urgencyOf(hub)]))
  const troubles = counted(hubs, (hub) => hub.troubles)
  const versions = counted(hubs, ({ version }) => (version === undefined ? [] : [version]))
  return (
    <search class="filters">
      <div class="row urgencies">
        {(['all', 'now', 'soon', 'fine'] as const).map((urgency) => (
          <Button key={urgency} pressed={filter.urgency === urgency} onClick={() => put({ urgency })}>
            {urgency !== 'all' && <Shape standing={URGENCY_SHAPES[urgency]} />}
            {`${say(urgency)} ${urgency === 'all' ? hubs.length : (urgencies.get(urgency) ?? 0)}`}
          </Button>
        ))}
      </div>
      <label>
        {say('search')}
        <input
          type="search"
          autocomplete="off"
          spellcheck={false}
          value={filter.text}
          onInput={(event) => put({ text: event.currentTarget.value })}
        />
      </label>
      <label>
        {say('trouble')}
        <select value={filter.trouble} onChange={(event) => put({ trouble: event.currentTarget.value })}>
          <option value="">{say('any')}</option>
          {troubles.map(([code, count]) => (
            <option key={code} value={code}>
              {`${troubleName(code, language)} (${count})`}
            </option>
          ))}
        </select>
      </label>
      <label>
        {say('version')}
        <select value={filter.version} onChange={(event) => put({ version: event.currentTarget.value })}>
          <option value="">{say('any')}</option>
          {versions.map(([version, count]) => (
            <option key={version} value={version}>
              {`${version} (${count})`}
            </option>
          ))}
        </select>
      </label>
    </search>
  )
}
