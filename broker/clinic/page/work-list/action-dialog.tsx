import { useRef, useState } from 'preact/hooks'
import { CLOSE_REASONS } from '../../../alerts/alert-message.ts'
import type { AlertMessage } from '../../../contract/alert.ts'
import type { WorkItem } from '../../shapes.ts'
import { alertNotes, alertSentence } from '../shell/alert-sentence.ts'
import { Badge } from '../shell/badge.tsx'
import { Button } from '../shell/button.tsx'
import { type Answer, ask } from '../shell/calls.ts'
import { CLOSE_REASON_WORDS } from '../shell/causes.ts'
import { now } from '../shell/clock.ts'
import { Dialog } from '../shell/dialog.tsx'
import { useLanguage, useWords } from '../shell/language.ts'
import { refusalText } from '../shell/refusal-text.ts'
import { DIALOG_WORDS, PHRASES } from './words.ts'

/** Somebody takes care of it, or it is over. */
export type Mode = 'acknowledge' | 'close'

interface ActionDialogProps {
  readonly citizen: string
  readonly mode: Mode
  /** As they were seen: what has changed since is not acted on. */
  readonly alerts: readonly AlertMessage[]
  readonly onDone: (alerts: readonly string[]) => void
  readonly onClose: () => void
}

/** As `MAX_ACTION` (broker/alerts/actions.ts). */
const MAX_ACTION = 500

const isFor = (mode: Mode, { state }: AlertMessage): boolean =>
  state === 'open' || (mode === 'close' && state === 'acknowledged')

const pathOf = (citizen: string, { alert }: AlertMessage, mode: Mode): `/${string}` =>
  `/v1/citizens/${encodeURIComponent(citizen)}/alerts/${encodeURIComponent(alert)}/${mode}`

/** Says what was done about some of a citizen's alerts. Each goes with the revision that was seen; 412 shows what is now. */
export function ActionDialog({ citizen, mode, alerts, onDone, onClose }: ActionDialogProps) {
  const language = useLanguage()
  const say = useWords(DIALOG_WORDS)
  const [shown, setShown] = useState(alerts)
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  const [changed, setChanged] = useState(false)
  const [problem, setProblem] = useState('')
  const [busy, setBusy] = useState(false)
  const done = useRef<string[]>([])
  const text = useRef<HTMLTextAreaElement>(null)
  const open = shown.filter((alert) => isFor(mode, alert))

  /** Somebody was faster: what is now is shown, and what was written stays. */
  async function lookAgain(): Promise<void> {
    const answer = await ask<{ item: WorkItem | null }>(`/v1/citizens/${encodeURIComponent(citizen)}/work-item`)
    if (answer.type !== 'fine') return setProblem(refusalText(answer, language))
    setShown(answer.data.item?.alerts ?? [])
    setChanged(true)
  }

  async function submit(form: HTMLFormElement): Promise<void> {
    const fields = new FormData(form)
    const action = String(fields.get('action') ?? '').trim()
    const chosen = open.filter(({ alert }) => !left.has(alert))
    if (chosen.length === 0) return setProblem(say('noneChosen'))
    if (mode === 'acknowledge' && action === '') {
      text.current?.focus()
      return setProblem(say('empty'))
    }
    setProblem('')
    setBusy(true)
    const body = mode === 'acknowledge' ? { action } : { reason: String(fields.get('reason')) }
    const failed = await actOn(chosen, body)
    if (failed?.type === 'refused' && failed.status === 412) await lookAgain()
    else if (failed !== undefined) setProblem(refusalText(failed, language))
    setBusy(false)
    if (failed === undefined) onDone(done.current)
  }

  async function actOn(chosen: readonly AlertMessage[], body: object) {
    for (const alert of chosen) {
      const seen = `"${alert.revision}"`
      const answer: Answer<AlertMessage> = await ask(pathOf(citizen, alert, mode), { method: 'POST', body, seen })
      if (answer.type !== 'fine') return answer
      done.current.push(alert.alert)
      setShown((before) => before.filter((one) => one !== alert))
    }
    return undefined
  }

  const leave = () => (done.current.length > 0 ? onDone(done.current) : onClose())

  return (
    <Dialog title={`${say(mode)}: ${citizen}`} onClose={leave}>
      <form
        class="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (!busy) void submit(event.currentTarget)
        }}
      >
        <p class="trouble" role="alert">
          {changed ? say('changed') : ''}
        </p>
        <ul class="plain-list" aria-label={say('which')}>
          {shown.map((alert) => (
            <li key={alert.alert}>
              <Choice
                alert={alert}
                choosable={isFor(mode, alert) && open.length > 1}
                chosen={!left.has(alert.alert)}
                onChoose={(chosen) => setLeft((before) => withOut(before, alert.alert, chosen))}
              />
            </li>
          ))}
        </ul>
        {open.length === 0 && <p>{say('nothingLeft')}</p>}
        {open.length > 0 && mode === 'acknowledge' && <WhatWasDone text={text} />}
        {open.length > 0 && mode === 'close' && <WhyClosed />}
        <p class="trouble" role="alert">
          {problem}
        </p>
        <div class="row">
          {open.length > 0 && (
            <Button type="submit" look="main" busy={busy}>
              {say(mode)}
            </Button>
          )}
          <Button onClick={leave}>{say(open.length > 0 ? 'cancel' : 'back')}</Button>
        </div>
      </form>
    </Dialog>
  )
}

function withOut(before: ReadonlySet<string>, alert: string, chosen: boolean): ReadonlySet<string> {
  const next = new Set(before)
  if (chosen) next.delete(alert)
  else next.add(alert)
  return next
}

interface ChoiceProps {
  readonly alert: AlertMessage
  readonly choosable: boolean
  readonly chosen: boolean
  readonly onChoose: (chosen: boolean) => void
}

function Choice({ alert, choosable, chosen, onChoose }: ChoiceProps) {
  const language = useLanguage()
  const said = (
    <span>
      <Badge standing={alert.category === 'unwatched' ? 'unknown' : alert.level} />{' '}
      {alertSentence(alert, now(), language)}
      {alertNotes(alert, now(), language).map((note) => (
        <span key={note} class="note">
          {note}
        </span>
      ))}
    </span>
  )
  if (!choosable) return said
  return (
    <label class="tick">
      <input type="checkbox" checked={chosen} onChange={(event) => onChoose(event.currentTarget.checked)} />
      {said}
    </label>
  )
}

function WhatWasDone({ text }: { readonly text: { current: HTMLTextAreaElement | null } }) {
  const language = useLanguage()
  const say = useWords(DIALOG_WORDS)
  const add = (phrase: string) => {
    const field = text.current
    if (field === null) return
    field.value = `${field.value.trim()} ${phrase}`.trim().slice(0, MAX_ACTION)
    field.focus()
  }
  return (
    <>
      <label>
        {say('what')}
        <textarea ref={text} name="action" maxLength={MAX_ACTION} rows={3} data-first />
      </label>
      <fieldset class="phrases">
        <legend class="soft">{say('phrases')}</legend>
        {PHRASES.map((phrase) => (
          <Button key={phrase.en} onClick={() => add(phrase[language])}>
            {phrase[language]}
          </Button>
        ))}
      </fieldset>
    </>
  )
}

function WhyClosed() {
  const language = useLanguage()
  const say = useWords(DIALOG_WORDS)
  return (
    <fieldset class="reasons">
      <legend>{say('why')}</legend>
      {CLOSE_REASONS.map((reason, index) => (
        <label key={reason} class="tick">
          <input
            type="radio"
            name="reason"
            value={reason}
            defaultChecked={index === 0}
            data-first={index === 0 || undefined}
          />
          {CLOSE_REASON_WORDS[reason][language]}
        </label>
      ))}
    </fieldset>
  )
}
