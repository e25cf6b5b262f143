import './settings.css'
import { useCallback, useEffect, useState } from 'preact/hooks'
import { RIGHTS } from '../../../rights/decide.ts'
import type { LimitsAnswer } from '../../shapes.ts'
import { Button } from '../shell/button.tsx'
import { type Answer, ask } from '../shell/calls.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { addressOf } from '../shell/place.ts'
import { refusalText } from '../shell/refusal-text.ts'
import { useSession } from '../shell/session.ts'
import { useTell } from '../shell/toasts.tsx'
import { LimitsSection } from './limits-section.tsx'
import { PlanSection } from './plan-section.tsx'
import type { PlansAnswer } from './plans-answer.ts'
import { SETTINGS_WORDS } from './settings-words.ts'
import type { Versioned } from './versioned.ts'

type Loaded<T> = Versioned<T> | Exclude<Answer<T>, { type: 'fine' }> | undefined

/** What the broker says at an address, fetched when the page opens, and what came of changing it. */
function useLoaded<T>(path: `/${string}`) {
  const [loaded, keep] = useState<Loaded<T>>(undefined)
  const load = useCallback(async () => {
    const answer = await ask<T>(path)
    keep(answer.type === 'fine' ? { data: answer.data, etag: answer.etag } : answer)
  }, [path])
  useEffect(() => {
    void load()
  }, [load])
  return { loaded, keep: keep as (kept: Versioned<T>) => void, load }
}

/** A citizen's limits and plan: what holds, who set it, and an editor for who may. */
export function SettingsPage({ citizen }: { readonly citizen: string }) {
  const say = useWords(SETTINGS_WORDS)
  const { role } = useSession()
  const announce = useTell()
  const path = `/v1/citizens/${encodeURIComponent(citizen)}` as const
  const limits = useLoaded<LimitsAnswer>(`${path}/limits`)
  const plans = useLoaded<PlansAnswer>(`${path}/plans`)
  const may = (right: 'limits.set' | 'plan.set') => (RIGHTS[right].by as readonly string[]).includes(role)
  return (
    <main class="settings">
      <p>
        <a href={addressOf({ page: 'citizen', citizen })}>{`← ${say('citizen')} ${citizen}`}</a>
      </p>
      <h1>
        {say('heading')} <span class="id">{citizen}</span>
      </h1>
      <Part loaded={limits.loaded} again={limits.load}>
        {(kept) => (
          <LimitsSection
            citizen={citizen}
            limits={kept}
            rights={{ set: may('limits.set'), try: may('plan.set') }}
            keep={limits.keep}
            announce={announce}
          />
        )}
      </Part>
      <Part loaded={plans.loaded} again={plans.load}>
        {(kept) => (
          <PlanSection
            citizen={citizen}
            plans={kept}
            mayChange={may('plan.set')}
            keep={plans.keep}
            announce={announce}
          />
        )}
      </Part>
    </main>
  )
}

interface PartProps<T> {
  readonly loaded: Loaded<T>
  readonly again: () => void
  readonly children: (kept: Versioned<T>) => preact.ComponentChildren
}

/** A part of the page once it is there; or why it is not. */
function Part<T>({ loaded, again, children }: PartProps<T>) {
  const say = useWords(SETTINGS_WORDS)
  const language = useLanguage()
  if (loaded === undefined) return <p role="status">{say('loading')}</p>
  if ('data' in loaded) return <>{children(loaded)}</>
  return (
    <div class="problem" role="alert">
      <p>{refusalText(loaded, language)}</p>
      <Button onClick={again}>{say('again')}</Button>
    </div>
  )
}
