import { useEffect, useState } from 'preact/hooks'
import { Button } from './button.tsx'
import { useNow } from './clock.ts'
import { formatMoment, formatTime } from './format.ts'
import { useLanguage, useWords } from './language.ts'
import { addressOf, type Place } from './place.ts'
import { PAGES } from './role-pages.ts'
import { useSession, type Who } from './session.ts'
import { soundState, switchSound, unlockSound, watchSound } from './sound.ts'
import { ROLES, WORDS } from './words.ts'
import { useWorkState } from './work.ts'

export interface HeaderProps {
  readonly place: Place
  readonly onLanguage: () => void
  readonly onSignOut: () => void
}

const SHOWN = ['work-list', 'handover', 'fleet'] as const

/** Where one can go, how fresh what one sees is, and who is looking. */
export function Header({ place, onLanguage, onSignOut }: HeaderProps) {
  const language = useLanguage()
  const say = useWords(WORDS)
  const { displayName, role } = useSession()
  const watches = PAGES[role].includes('work-list')
  return (
    <header class="header">
      <button type="button" class="skip" onClick={focusMain}>
        {say('skip')}
      </button>
      <span class="product">{say('product')}</span>
      <nav aria-label={say('navigation')}>
        {SHOWN.filter((page) => PAGES[role].includes(page)).map((page) => (
          <a key={page} href={addressOf({ page })} aria-current={place.page === page ? 'page' : undefined}>
            {say(page)}
          </a>
        ))}
      </nav>
      <div class="who">
        {watches && <LineState />}
        {watches && <SoundSwitch />}
        <span class="name">
          {displayName} <span class="role">({ROLES[role][language]})</span>
        </span>
        <button type="button" class="button quiet" lang={language === 'da' ? 'en' : 'da'} onClick={onLanguage}>
          {say('otherLanguage')}
        </button>
        <Button look="quiet" onClick={onSignOut}>
          {say('signOut')}
        </Button>
      </div>
    </header>
  )
}

/** What one came for, to a screen reader and the next Tab: the page's heading, or its main part. */
export function focusMain(): void {
  const target = document.querySelector<HTMLElement>('main h1') ?? document.querySelector('main')
  if (!(target instanceof HTMLElement)) return
  target.tabIndex = -1
  target.focus()
}

/** Live, looking now and then, or blind: in words, and read out when it changes. */
function LineState() {
  const language = useLanguage()
  const say = useWords(WORDS)
  const state = useWorkState()
  const { line = 'opening', stale = false, trueAt } = state ?? {}
  const since = useNow((now) => (stale && trueAt !== undefined ? formatMoment(trueAt, now, language) : ''))
  const name = stale ? 'stale' : line
  return (
    <p class={`line ${name}`} role="status">
      {say(name)} {since}
    </p>
  )
}

function SoundSwitch() {
  const say = useWords(WORDS)
  const [state, setState] = useState(soundState)
  useEffect(() => {
    const look = () => setState(soundState())
    look()
    return watchSound(look)
  }, [])
  if (state === 'blocked') {
    return (
      <Button look="main" onClick={unlockSound}>
        {say('soundBlocked')}
      </Button>
    )
  }
  return (
    <Button look="quiet" pressed={state === 'on'} onClick={() => switchSound(state === 'off')}>
      {say(state === 'on' ? 'soundOn' : 'soundOff')}
    </Button>
  )
}

/** A session ends after a shift, used or not: said in time to finish what one is writing. */
const WARN_MS = 10 * 60_000

export function EndsSoon({ who, onSignOut }: { readonly who: Who; readonly onSignOut: () => void }) {
  const language = useLanguage()
  const say = useWords(WORDS)
  const soon = useNow((now) => Date.parse(who.endsAt) - now < WARN_MS)
  return (
    <div class={soon ? 'notice' : 'notice empty'} role="status">
      {soon && (
        <>
          {say('endsSoon')} {formatTime(who.endsAt, language)}.{' '}
          <Button look="quiet" onClick={onSignOut}>
            {say('again')}
          </Button>
        </>
      )}
    </div>
  )
}
