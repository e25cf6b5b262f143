import { CitizenPage } from '../citizen/citizen-page.tsx'
import { FleetPage } from '../fleet/fleet-page.tsx'
import { SettingsPage } from '../settings/settings-page.tsx'
import { WorkListPage } from '../work-list/work-list-page.tsx'
import { LanguageContext } from './language.ts'
import { usePlace } from './place.ts'

/** Everything around a page: who is signed in, language, where one is, and what just happened. */
export function Shell() {
  const place = usePlace()
  return (
    <LanguageContext.Provider value="da">
      {place.page === 'work-list' && <WorkListPage />}
      {place.page === 'citizen' && <CitizenPage citizen={place.citizen} />}
      {place.page === 'settings' && <SettingsPage citizen={place.citizen} />}
      {place.page === 'fleet' && <FleetPage />}
    </LanguageContext.Provider>
  )
}
