import { useEffect, useRef, useState } from 'preact/hooks'
import { useLanguage, useWords } from '../shell/language.ts'
import type { Who } from '../shell/session.ts'
import { FactorForm } from './factor-form.tsx'
import { PasswordForm } from './password-form.tsx'
import { WORDS } from './words.ts'

/** Why somebody is asked to sign in. factor: the password was right, and there is no second factor yet. */
export type WhySignIn =
  | { readonly type: 'first' }
  | { readonly type: 'chosen' }
  | { readonly type: 'ended' }
  /** Signing out did not reach the broker. */
  | { readonly type: 'unsure' }
  | { readonly type: 'factor'; readonly who: Who }

interface SignInProps {
  readonly why: WhySignIn
  readonly onSignedIn: (who: Who) => void
  readonly onLanguage: () => void
}

/** The address stays as it is: after signing in one is where one was. */
export function SignInPage({ why, onSignedIn, onLanguage }: SignInProps) {
  const language = useLanguage()
  const say = useWords(WORDS)
  const [missing, setMissing] = useState<Who | undefined>(why.type === 'factor' ? why.who : undefined)
  const heading = useRef<HTMLHeadingElement>(null)
  const title = say(missing === undefined ? 'title' : 'factorTitle')
  useEffect(() => {
    document.title = `${title} · PreCare`
  }, [title])
  useEffect(() => {
    if (missing !== undefined) heading.current?.focus()
  }, [missing])

  return (
    <main class="alone sign-in">
      <p class="product">PreCare</p>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {missing === undefined && why.type !== 'first' && why.type !== 'factor' && (
        <p class="notice" role="status">
          {say(why.type)}
        </p>
      )}
      {missing === undefined ? (
        <PasswordForm onSignedIn={(who) => (who.factorMissing ? setMissing(who) : onSignedIn(who))} />
      ) : (
        <FactorForm onSignedIn={onSignedIn} onStartOver={() => setMissing(undefined)} />
      )}
      <button type="button" class="button quiet" lang={language === 'da' ? 'en' : 'da'} onClick={onLanguage}>
        {say('otherLanguage')}
      </button>
    </main>
  )
}
