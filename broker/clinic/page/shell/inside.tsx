import { useCallback, useEffect, useState } from 'preact/hooks'
import { openWorkStore, type WorkStore } from '../work-list/work-store.ts'
import { EndsSoon, Header, type HeaderProps } from './header.tsx'
import { LeaveDialog } from './leave-dialog.tsx'
import { Page } from './page.tsx'
import { addressOf } from './place.ts'
import { RedBar } from './red-bar.tsx'
import { PAGES } from './role-pages.ts'
import { SessionContext, type Who } from './session.ts'
import { sound } from './sound.ts'
import { Toasts } from './toasts.tsx'
import { type Unsaved, UnsavedContext } from './unsaved.ts'
import { usePlace, type Whereabouts } from './use-place.ts'
import { WorkContext } from './work.ts'

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
