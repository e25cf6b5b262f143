import { useState } from 'preact/hooks'
import type { Held } from '../../shapes.ts'
import { Field } from '../settings/field.tsx'
import { focusWithin } from '../settings/focus.ts'
import { Button } from '../shell/button.tsx'
import { type Answer, ask } from '../shell/calls.ts'
import { now } from '../shell/clock.ts'
import { Dialog } from '../shell/dialog.tsx'
import { type Language, useLanguage, useWords } from '../shell/language.ts'
import { refusalText } from '../shell/refusal-text.ts'
import { type Assignment, type AssignmentDraft, draftFor, readAssignment, releaseWords } from './assignment.ts'
import { HELD_WORDS } from './fleet-words.ts'

interface DialogProps {
  readonly held: Held
  readonly close: () => void
  /** Somebody else was first: look again. */
  readonly changed: () => void
  readonly done: (text: string) => void
}

/** Why nothing was assigned. */
function refusedWords(answer: Exclude<Answer<unknown>, { type: 'fine' }>, language: Language): string {
  if (answer.type !== 'refused') return refusalText(answer, language)
  if (answer.status === 404) return HELD_WORDS['not-found'][language]
  if (answer.status === 409) return HELD_WORDS.taken[language]
  if (answer.status === 412 || answer.status === 428) return HELD_WORDS.changed[language]
  return refusalText(answer, language)
}

/** Says whose held readings are: first what is typed, then what it will do, and only then it is done. */
export function AssignDialog({ held, close, changed, done }: DialogProps) {
  const say = useWords(HELD_WORDS)
  const language = useLanguage()
  const [draft, setDraft] = useState<AssignmentDraft>(() => draftFor(held))
  const [tried, setTried] = useState(false)
  const [sure, setSure] = useState<Assignment | undefined>(undefined)
  const [busy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<Exclude<Answer<unknown>, { type: 'fine' }> | undefined>(undefined)
  const { assignment, problems } = readAssignment(draft, now())
  const problem = (name: keyof AssignmentDraft): string | undefined => {
    const found = tried ? problems[name] : undefined
    return found === undefined ? undefined : say(found)
  }
  const put = (part: Partial<AssignmentDraft>) => setDraft({ ...draft, ...part })
  const goOn = (event: Event) => {
    event.preventDefault()
    setTried(true)
    setRefusal(undefined)
    setSure(assignment)
    focusWithin('assign', assignment === undefined ? '[aria-invalid=true]' : '.row button')
  }
  const send = async () => {
    if (sure === undefined) return
    setBusy(true)
    const answer = await ask(`/v1/devices/${encodeURIComponent(held.device)}/assignment`, {
      method: 'PUT',
      body: sure,
      ...(held.etag === undefined ? {} : { seen: held.etag }),
    })
    setBusy(false)
    if (answer.type === 'fine') {
      done(`${say('assignedNow')} ${releaseWords(held, sure, now(), language)}`)
      return
    }
    setRefusal(answer)
    setSure(undefined)
    if (answer.type === 'refused' && (answer.status === 412 || answer.status === 428)) changed()
  }
  return (
    <Dialog title={`${say('assign')}: ${held.device}`} onClose={close}>
      <div id="assign" class="assign">
        {refusal !== undefined && (
          <p class="problem" role="alert">
            {refusedWords(refusal, language)}
          </p>
        )}
        {sure === undefined ? (
          <form noValidate onSubmit={goOn}>
            <Field
              id="assign-citizen"
              label={say('citizen')}
              problem={problem('citizen')}
              hint={say('citizenHint')}
              input={(marks) => (
                <input
                  {...marks}
                  autocomplete="off"
                  spellcheck={false}
                  autocapitalize="off"
                  required
                  value={draft.citizen}
                  onInput={(event) => put({ citizen: event.currentTarget.value })}
                />
              )}
            />
            <Field
              id="assign-slot"
              label={say('slotField')}
              problem={problem('slot')}
              input={(marks) => (
                <input
                  {...marks}
                  inputMode="numeric"
                  size={4}
                  value={draft.slot}
                  onInput={(event) => put({ slot: event.currentTarget.value })}
                />
              )}
            />
            <Field
              id="assign-from"
              label={say('from')}
              problem={problem('from')}
              input={(marks) => (
                <input
                  {...marks}
                  type="datetime-local"
                  value={draft.from}
                  onInput={(event) => put({ from: event.currentTarget.value })}
                />
              )}
            />
            <div class="row">
              <Button type="submit" look="main">
                {say('go')}
              </Button>
              <Button onClick={close}>{say('leave')}</Button>
            </div>
          </form>
        ) : (
          <>
            <p role="status">
              <b>{releaseWords(held, sure, now(), language)}</b>
            </p>
            <p>{say('sure')}</p>
            <div class="row">
              <Button look="main" busy={busy} onClick={() => void send()}>
                {say('confirm')}
              </Button>
              <Button onClick={() => setSure(undefined)}>{say('back')}</Button>
            </div>
          </>
        )}
      </div>
    </Dialog>
  )
}
