import { useEffect, useRef } from 'preact/hooks'
import { WorkListPage } from '../work-list/work-list-page.tsx'
import { Button } from './button.tsx'
import { focusMain } from './header.tsx'
import { useLanguage, useWords } from './language.ts'
import { fetchPart } from './pages.ts'
import { addressOf, type Place } from './place.ts'
import { urgentSentence } from './red-bar.tsx'
import { PAGES } from './role-pages.ts'
import type { Who } from './session.ts'
import { UrgentNews } from './urgent-news.ts'
import { type PartState, usePart } from './use-part.ts'
import { WORDS } from './words.ts'
import { useWorkState } from './work.ts'

interface PageProps {
  readonly place: Place
  readonly who: Who
}

/** What is at an address, below the header. */
export function Page({ place, who }: PageProps) {
  const language = useLanguage()
  const say = useWords(WORDS)
  const state = useWorkState()
  const reds = state?.list?.counts.red ?? 0
  const pages = PAGES[who.role]
  const isOwn = pages.includes(place.page)
  const partState = usePart(isOwn && place.page !== 'work-list' ? place.page : undefined)
  const { part: Part } = partState
  const address = addressOf(place)

  useEffect(() => {
    document.title = `${reds > 0 ? `(${reds}) ` : ''}${say(place.page)} · ${say('product')}`
  })
  useFocusOnArrival(address, Part)
  useTheOthers(who, state === undefined || state.list !== undefined)

  if (!isOwn) return <main class="alone">{say(pages.length === 0 ? 'noPage' : 'elsewhere')}</main>
  const citizen = 'citizen' in place ? place.citizen : ''
  return (
    <UrgentNews.Provider value={state === undefined ? '' : urgentSentence(state, language)}>
      {place.page === 'work-list' && <WorkListPage />}
      {place.page !== 'work-list' && Part === undefined && <NotYet page={place.page} state={partState} />}
      {Part !== undefined && <Part key={address} citizen={citizen} />}
    </UrgentNews.Provider>
  )
}

/** To what is at a new address, and again to the page that comes in the place of its waiting. */
function useFocusOnArrival(address: string, part: unknown): void {
  const shown = useRef<string | undefined>(undefined)
  const moved = useRef(false)
  useEffect(() => {
    const isNew = shown.current !== address
    // The first page after signing in has the focus where the browser puts it.
    moved.current ||= isNew && shown.current !== undefined
    shown.current = address
    if (isNew ? moved.current : moved.current && document.activeElement === document.body) focusMain()
  }, [address, part])
}

/** The other pages of the role, while nobody waits for anything. @param now the first page is there */
function useTheOthers({ role }: Who, now: boolean): void {
  useEffect(() => {
    if (!now) return
    const idle = requestIdleCallback(() => {
      // One that can't be had is asked for again by who goes there.
      for (const page of PAGES[role]) if (page !== 'work-list') fetchPart(page).catch(() => undefined)
    })
    return () => cancelIdleCallback(idle)
  }, [role, now])
}

function NotYet({ page, state: { failed, again } }: { readonly page: Place['page']; readonly state: PartState }) {
  const say = useWords(WORDS)
  return (
    <main class="alone stack" aria-busy={failed === undefined}>
      {/* It has the focus, and so is heard. */}
      <h1>{failed === undefined ? say('fetching') : say(page)}</h1>
      <p role="alert">{failed === undefined ? '' : say(failed === 'replaced' ? 'replaced' : 'unfetched')}</p>
      {failed === 'unreachable' && (
        <p>
          <Button onClick={again}>{say('tryAgain')}</Button>
        </p>
      )}
      {failed === 'replaced' && (
        <p>
          <Button onClick={() => location.reload()}>{say('reload')}</Button>
        </p>
      )}
    </main>
  )
}
