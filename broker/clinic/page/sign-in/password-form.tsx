import { useEffect, useRef, useState } from 'preact/hooks'
import { Button } from '../shell/button.tsx'
import { ask } from '../shell/calls.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { refusalText } from '../shell/refusal-text.ts'
import type { Who } from '../shell/session.ts'
import { unlockSound } from '../shell/sound.ts'
import { WORDS } from './words.ts'

const PROVIDER = '/v1/session/provider'

/** True when the broker would lead on to an identity provider: it is asked, and not followed. */
async function hasProvider(signal: AbortSignal): Promise<boolean> {
  const answer = await fetch(PROVIDER, { redirect: 'manual', signal }).catch(() => undefined)
  return answer?.type === 'opaqueredirect'
}

/** As `idSchema` (device-drivers/reading.ts): the broker takes nothing else for a user. */
const USER = /^[a-z0-9-]{4,32}$/

/** User, password and, for who has one, the code of the authenticator. */
export function PasswordForm({ onSignedIn }: { readonly onSignedIn: (who: Who) => void }) {
  const language = useLanguage()
  const say = useWords(WORDS)
  const [provider, setProvider] = useState(false)
  const [problem, setProblem] = useState('')
  const [busy, setBusy] = useState(false)
  const code = useRef<HTMLInputElement>(null)

  useEffect(() => {
    const leaving = new AbortController()
    void hasProvider(leaving.signal).then((has) => has && setProvider(true))
    return () => leaving.abort()
  }, [])

  async function submit(form: HTMLFormElement): Promise<void> {
    const field = (name: string) => String(new FormData(form).get(name) ?? '').trim()
    const user = field('user').toLowerCase()
    const password = String(new FormData(form).get('password') ?? '')
    const given = field('code').replaceAll(/\s/g, '')
    if (!USER.test(user)) return setProblem(say('form'))
    setProblem('')
    setBusy(true)
    const body = { user, password, ...(given === '' ? {} : { code: given }) }
    const answer = await ask<Who>('/v1/session', { method: 'POST', body })
    setBusy(false)
    if (answer.type === 'fine') return onSignedIn(answer.data)
    const codeWanted = answer.type === 'refused' && answer.code === 'code-wanted'
    setProblem(codeWanted ? say('codeWanted') : refusalText(answer, language))
    if (codeWanted) code.current?.focus()
  }

  return (
    <form
      class="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        // The click by which one signs in is the one that a browser wants before it lets anything be heard.
        unlockSound()
        if (!busy) void submit(event.currentTarget)
      }}
    >
      <p class="trouble" role="alert">
        {problem}
      </p>
      <label>
        {say('user')}
        <input name="user" autocomplete="username" autocapitalize="none" spellcheck={false} maxLength={32} required />
      </label>
      <label>
        {say('password')}
        <input name="password" type="password" autocomplete="current-password" maxLength={128} required />
      </label>
      <label>
        {say('code')}
        <input
          ref={code}
          name="code"
          autocomplete="one-time-code"
          inputMode="numeric"
          maxLength={7}
          aria-describedby="code-hint"
        />
        <span id="code-hint" class="hint">
          {say('codeHint')}
        </span>
      </label>
      <Button type="submit" look="main" busy={busy}>
        {say('enter')}
      </Button>
      {provider && (
        <>
          <p class="or">{say('or')}</p>
          <a class="button" href={PROVIDER}>
            {say('provider')}
          </a>
        </>
      )}
    </form>
  )
}
