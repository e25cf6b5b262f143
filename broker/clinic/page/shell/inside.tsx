import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { CitizenPage } from '../citizen/citizen-page.tsx'
import { FleetPage } from '../fleet/fleet-page.tsx'
import { HandoverPage } from '../handover/handover-page.tsx'
import { SettingsPage } from '../settings/settings-page.tsx'
import { WorkListPage } from '../work-list/work-list-page.tsx'
import { openWorkStore, type WorkStore } from '../work-list/work-store.ts'
import { EndsSoon, focusMain, Header, type HeaderProps } from './header.tsx'
import { useLanguage, useWords } from './language.ts'
import { LeaveDialog } from './leave-dialog.tsx'
import { addressOf, type Place, usePlace, type Whereabouts } from './place.ts'
import { RedBar, urgentSentence } from './red-bar.tsx'
import { PAGES } from './role-pages.ts'
import { SessionContext, type Who } from './session.ts'
import { sound } from './sound.ts'
import { Toasts } from './toasts.tsx'
import { type Unsaved, UnsavedContext } from './unsaved.ts'
import { UrgentNews } from './urgent-news.ts'
import { WORDS } from './words.ts'
import { useWorkState, WorkContext } from './work.ts'

interface InsideProps extends Omit<HeaderProps, 'place'> {
  readonly who: Who
}

/** What is there once somebody is signed in. */
export function Inside({ who, onLanguage, onSignOut }: InsideProps) {
  const store = useStore(who)
  const [unsaved] = useState<Unsaved>(() => new Set())
  const { place, wanted, go, stay } = useLanding(who, unsaved)
  return (
    <SessionContext.Provider value={who}>
      <WorkContext.Provider value={store}>
        <Toasts>
          <Header place={place} onLanguage={onLanguage} onSignOut={onSignOut} />
          <EndsSoon who={who} onSignOut={onSignOut} />
          <RedBar />
          <UnsavedContext.Provider value={unsaved}>
            <Page place={place} who={who} />
          </UnsavedContext.Provider>
          {wanted !== undefined && <LeaveDialog onStay={stay} onLeave={go} />}
        </Toasts>
      </WorkContext.Provider>
    </SessionContext.Provider>
  )
}

/** Opened with the session and closed with it. */
function useStore(who: Who): WorkStore | undefined {
  const [store] = useState(() => (PAGES[who.role].includes('work-list') ? openWorkStore(sound) : undefined))
  useEffect(() => () => store?.close(), [store])
  return store
}

/** Where one is; who comes without an address lands on the first page of the role. */
function useLanding(who: Who, unsaved: Unsaved): Whereabouts {
  const isHeld = useCallback(() => unsaved.size > 0, [unsaved])
  const whereabouts = usePlace(isHeld)
  const { place } = whereabouts
  const [first] = PAGES[who.role]
  const lands = place.page === 'work-list' && first === 'fleet'
  useEffect(() => {
    if (lands) location.replace(addressOf({ page: 'fleet' }))
  }, [lands])
  return whereabouts
}

function Page({ place, who }: { readonly place: Place; readonly who: Who }) {
  const language = useLanguage()
  const say = useWords(WORDS)
  const state = useWorkState()
  const shown = useRef<string | undefined>(undefined)
  const address = addressOf(place)
  const reds = state?.list?.counts.red ?? 0

  useEffect(() => {
    document.title = `${reds > 0 ? `(${reds}) ` : ''}${say(place.page)} · ${say('product')}`
  })
  useEffect(() => {
    // The first page after signing in has the focus where the browser puts it.
    if (shown.current !== undefined && shown.current !== address) focusMain()
    shown.current = address
  }, [address])

  const pages = PAGES[who.role]
  if (!pages.includes(place.page)) {
    return <main class="alone">{say(pages.length === 0 ? 'noPage' : 'elsewhere')}</main>
  }
  return (
    <UrgentNews.Provider value={state === undefined ? '' : urgentSentence(state, language)}>
      {place.page === 'work-list' && <WorkListPage />}
      {place.page === 'handover' && <HandoverPage />}
      {place.page === 'citizen' && <CitizenPage key={place.citizen} citizen={place.citizen} />}
      {place.page === 'settings' && <SettingsPage key={place.citizen} citizen={place.citizen} />}
      {place.page === 'fleet' && <FleetPage />}
    </UrgentNews.Provider>
  )
}
