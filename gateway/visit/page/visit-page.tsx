import { useCallback, useEffect, useState } from 'preact/hooks'
import type { BlankView } from '../blank-hub.ts'
import type { Language } from '../sentences.ts'
import type { VisitView } from '../view.ts'
import { BlankCard } from './blank-card.tsx'
import { type Answer, act, look, report, signIn } from './calls.ts'
import { StepCard } from './step-card.tsx'
import { type Word, wordsIn } from './words.ts'

/** A value that was measured is on the page within this. */
const LOOK_EVERY_MS = 1_000

type Problem = Exclude<Answer, { type: 'view' | 'signed-out' }>

/** The visit as the technician sees it on a phone. */
export function VisitPage() {
  const [language, setLanguage] = useState<Language>('da')
  const [view, setView] = useState<VisitView | BlankView | undefined>(undefined)
  const [signedOut, setSignedOut] = useState(false)
  const [problem, setProblem] = useState<Problem | undefined>(undefined)
  const [busy, setBusy] = useState(false)
  const [entries, setEntries] = useState(0)
  const say = wordsIn(language)
  // A hub that has just been enrolled is starting: that it is silent meanwhile is no fault to look for.
  const starting = view !== undefined && 'blank' in view && view.enrolled !== undefined
  const shown = starting && problem?.type === 'unreachable' ? undefined : problem

  const hear = useCallback((answer: Answer, asked: boolean) => {
    setSignedOut(answer.type === 'signed-out')
    if (answer.type === 'view') setView(answer.view)
    // What a look in between finds says nothing about what somebody has just tried.
    if (answer.type === 'view' || answer.type === 'signed-out') {
      if (asked) setProblem(undefined)
      else setProblem((before) => (before?.type === 'unreachable' ? undefined : before))
    } else setProblem(answer)
  }, [])

  useEffect(() => {
    document.documentElement.lang = language
    document.title = `PreCare hub · ${wordsIn(language)('title')}`
  }, [language])

  useEffect(() => {
    let over = false
    const round = async () => {
      const answer = await look()
      if (over) return
      hear(answer, false)
      timer = window.setTimeout(round, LOOK_EVERY_MS)
    }
    let timer: number | undefined
    void round()
    return () => {
      over = true
      window.clearTimeout(timer)
    }
    // Who has entered looks at once, and is not shown what was asked for outside.
  }, [hear, entries])

  const take = async (path: string, body?: unknown) => {
    setBusy(true)
    hear(await act(path, body), true)
    setBusy(false)
  }

  return (
    <>
      <header>
        <h1>{say('title')}</h1>
        <button
          type="button"
          lang={language === 'da' ? 'en' : 'da'}
          onClick={() => setLanguage(language === 'da' ? 'en' : 'da')}
        >
          {say('language')}
        </button>
      </header>
      <main>
        {shown !== undefined && (
          <p class="trouble" role="alert">
            {shown.type === 'unreachable'
              ? say('gone')
              : (shown.sentence?.[language] ?? shown.fields?.join('; ') ?? shown.code)}
          </p>
        )}
        {signedOut ? (
          <SignIn say={say} onEntered={() => setEntries(entries + 1)} />
        ) : (
          view !== undefined &&
          ('blank' in view ? (
            <BlankCard view={view} say={say} busy={busy} take={take} />
          ) : (
            <Kit view={view} language={language} say={say} busy={busy} take={take} />
          ))
        )}
      </main>
    </>
  )
}

interface SignInProps {
  readonly say: (word: Word) => string
  readonly onEntered: () => void
}

function SignIn({ say, onEntered }: SignInProps) {
  const [code, setCode] = useState('')
  const [wrong, setWrong] = useState(false)
  const enter = async (event: Event) => {
    event.preventDefault()
    const entered = await signIn(code)
    setWrong(!entered)
    if (entered) onEntered()
  }
  return (
    <form onSubmit={enter}>
      <label>
        {say('code')}
        <input
          inputMode="numeric"
          autocomplete="one-time-code"
          required
          value={code}
          onInput={(event) => setCode(event.currentTarget.value)}
        />
      </label>
      {wrong && (
        <p class="trouble" role="alert">
          {say('wrongCode')}
        </p>
      )}
      <button type="submit" class="main">
        {say('enter')}
      </button>
    </form>
  )
}

interface KitProps {
  readonly view: VisitView
  readonly language: Language
  readonly say: (word: Word) => string
  readonly busy: boolean
  readonly take: (path: string, body?: unknown) => void
}

function Kit({ view, language, say, busy, take }: KitProps) {
  const facts = [
    ['broker', view.brokerReached],
    ['radio', view.radioReady],
    ['time', view.timeKnown],
  ] as const
  return (
    <>
      <p class="hub">{`${view.hub} · ${view.software}`}</p>
      <dl>
        {facts.map(([name, fine]) => (
          <div key={name} class={fine ? 'fine' : 'missing'}>
            <dt>{say(name)}</dt>
            <dd>{say(fine ? 'ok' : 'notOk')}</dd>
          </div>
        ))}
      </dl>
      {view.installation !== undefined && <p>{`${say('installation')} ${view.installation} · ${view.revision}`}</p>}
      <button
        type="button"
        class={view.installation === undefined ? 'main' : ''}
        disabled={busy}
        onClick={() => take('refresh')}
      >
        {say(view.installation === undefined ? 'fetch' : 'fetchAgain')}
      </button>
      <ol class="kit">
        {view.steps.map((step) => (
          <StepCard key={step.id} step={step} language={language} say={say} busy={busy} act={take} />
        ))}
      </ol>
      {view.ready && view.deliveredAt === undefined && (
        <button type="button" class="main" disabled={busy} onClick={() => take('finish')}>
          {say('finish')}
        </button>
      )}
      {view.deliveredAt !== undefined && <p role="status">{say('delivered')}</p>}
      {view.report !== undefined && <Printable say={say} />}
    </>
  )
}

/** In a frame of its own, so that printing prints the report alone. */
function Printable({ say }: { readonly say: (word: Word) => string }) {
  const [sheet, setSheet] = useState<string | undefined>(undefined)
  if (sheet === undefined) {
    return (
      <button type="button" onClick={async () => setSheet(await report())}>
        {say('print')}
      </button>
    )
  }
  return <iframe title={say('print')} srcdoc={sheet} sandbox="allow-modals" />
}
