import { useEffect, useState } from 'preact/hooks'
import { Button } from '../shell/button.tsx'
import { ask } from '../shell/calls.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { refusalText } from '../shell/refusal-text.ts'
import type { Who } from '../shell/session.ts'
import { WORDS } from './words.ts'

interface Offered {
  /** Base 32. */
  readonly secret: string
  /** otpauth: link, which an authenticator on the same device opens. */
  readonly uri: string
}

interface FactorProps {
  readonly onSignedIn: (who: Who) => void
  readonly onStartOver: () => void
}

/** In groups of four it can be typed off a screen. */
const grouped = (secret: string): string => secret.replaceAll(/(.{4})(?=.)/g, '$1 ')

/** The first time: a key for an authenticator, confirmed by a code of it. */
export function FactorForm({ onSignedIn, onStartOver }: FactorProps) {
  const language = useLanguage()
  const say = useWords(WORDS)
  const [offered, setOffered] = useState<Offered | undefined>()
  const [problem, setProblem] = useState('')
  const [busy, setBusy] = useState(false)

  useEffect(() => {
    const leaving = new AbortController()
    const offer = async () => {
      const answer = await ask<Offered>('/v1/session/factor', { method: 'POST', signal: leaving.signal })
      if (leaving.signal.aborted) return
      if (answer.type === 'fine') setOffered(answer.data)
      else setProblem(answer.type === 'refused' ? WORDS.taken[language] : refusalText(answer, language))
    }
    void offer()
    return () => leaving.abort()
  }, [])

  async function submit(form: HTMLFormElement): Promise<void> {
    const code = String(new FormData(form).get('code') ?? '').replaceAll(/\s/g, '')
    if (!/^\d{6}$/.test(code)) return setProblem(say('codeWanted'))
    setProblem('')
    setBusy(true)
    const answer = await ask<Who>('/v1/session/factor', { method: 'PUT', body: { code } })
    setBusy(false)
    if (answer.type === 'fine') return onSignedIn(answer.data)
    const wrong = answer.type === 'refused' && answer.code === 'sign-in-wrong'
    setProblem(wrong ? say('wrongCode') : refusalText(answer, language))
  }

  return (
    <>
      <p>{say('factorWhy')}</p>
      {offered !== undefined && (
        <>
          <p>
            {say('secret')}: <code class="secret">{grouped(offered.secret)}</code>
          </p>
          <p>
            <a href={offered.uri}>{say('openApp')}</a>
          </p>
        </>
      )}
      <form
        class="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (!busy) void submit(event.currentTarget)
        }}
      >
        <p class="trouble" role="alert">
          {problem}
        </p>
        <label>
          {say('code')}
          <input name="code" autocomplete="one-time-code" inputMode="numeric" maxLength={7} required />
        </label>
        <Button type="submit" look="main" busy={busy}>
          {say('confirm')}
        </Button>
      </form>
      <Button look="quiet" onClick={onStartOver}>
        {say('startOver')}
      </Button>
    </>
  )
}
