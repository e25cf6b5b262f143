import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { SignInPage, type WhySignIn } from '../sign-in/sign-in-page.tsx'
import { ask, watchSignedOut } from './calls.ts'
import { type Drafts, DraftsContext } from './drafts.ts'
import { earlySession } from './early.ts'
import { Inside } from './inside.tsx'
import { type Language, LanguageContext } from './language.ts'
import { prefer, preference } from './preferences.ts'
import type { Who } from './session.ts'
import { WORDS } from './words.ts'

/** asking: it is not known yet who is signed in. */
type Entrance =
  | { readonly type: 'asking'; readonly unreachable: boolean }
  | { readonly type: 'outside'; readonly why: WhySignIn }
  | { readonly type: 'inside'; readonly who: Who }

const ASK_AGAIN_MS = 5_000

/** Pages of this browser share one session: who signs in or out in one of them says so to the others. */
const CHANNEL = 'precare-session'

/** Everything around a page: who is signed in, language, where one is, and what just happened. */
export function Shell() {
  const [language, setLanguage] = useState<Language>(() => preference('language'))
  const [entrance, enter] = useState<Entrance>({ type: 'asking', unreachable: false })
  const [channel] = useState(() => new BroadcastChannel(CHANNEL))
  const user = entrance.type === 'inside' ? entrance.who.user : undefined
  const drafts = useRef<{ readonly of: string | undefined; readonly kept: Drafts }>({ of: undefined, kept: new Map() })
  if (user !== undefined && drafts.current.of !== user) drafts.current = { of: user, kept: new Map() }

  useEffect(() => {
    document.documentElement.lang = language
    prefer('language', language)
  }, [language])

  const look = useCallback(async () => {
    const answer = await (earlySession() ?? ask<Who>('/v1/session'))
    if (answer.type === 'fine' && !answer.data.factorMissing) enter({ type: 'inside', who: answer.data })
    else if (answer.type === 'fine') enter({ type: 'outside', why: { type: 'factor', who: answer.data } })
    else if (answer.type === 'signed-out') enter((before) => outsideAfter(before))
    else enter((before) => (before.type === 'asking' ? { type: 'asking', unreachable: true } : before))
  }, [])

  // Not after the paint of the empty page, which would be waited for.
  useLayoutEffect(() => {
    if (entrance.type !== 'asking') return
    void look()
    const timer = window.setInterval(look, ASK_AGAIN_MS)
    return () => window.clearInterval(timer)
  }, [entrance.type, look])

  useEffect(() => watchSignedOut(() => enter(outsideAfter)), [])

  useEffect(() => {
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data !== user) enter({ type: 'asking', unreachable: false })
    }
    // Asleep, it has heard nothing.
    const woken = () => document.visibilityState === 'visible' && user !== undefined && void look()
    document.addEventListener('visibilitychange', woken)
    return () => document.removeEventListener('visibilitychange', woken)
  }, [channel, user, look])

  const signedIn = (who: Who) => {
    channel.postMessage(who.user)
    enter({ type: 'inside', who })
  }
  const signOut = async () => {
    const answer = await ask('/v1/session', { method: 'DELETE' })
    channel.postMessage(null)
    drafts.current = { of: undefined, kept: new Map() }
    history.replaceState(null, '', '#/')
    enter({ type: 'outside', why: { type: answer.type === 'unreachable' ? 'unsure' : 'chosen' } })
  }
  const switchLanguage = () => setLanguage(language === 'da' ? 'en' : 'da')

  return (
    <LanguageContext.Provider value={language}>
      {entrance.type === 'asking' && (
        <main class="alone">
          <p role="status">{entrance.unreachable ? WORDS.unreachable[language] : ''}</p>
        </main>
      )}
      {entrance.type === 'outside' && (
        <SignInPage why={entrance.why} onSignedIn={signedIn} onLanguage={switchLanguage} />
      )}
      {entrance.type === 'inside' && (
        <DraftsContext.Provider value={drafts.current.kept}>
          {/* Another person begins with nothing of the one before. */}
          <Inside key={entrance.who.user} who={entrance.who} onLanguage={switchLanguage} onSignOut={signOut} />
        </DraftsContext.Provider>
      )}
    </LanguageContext.Provider>
  )
}

/** Who was inside is told that the session has ended; who came first is not. */
function outsideAfter(before: Entrance): Entrance {
  if (before.type === 'outside') return before
  return { type: 'outside', why: { type: before.type === 'inside' ? 'ended' : 'first' } }
}
