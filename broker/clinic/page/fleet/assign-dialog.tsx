import { useCallback, useEffect, useState } from 'preact/hooks'
import type { Assigned, Assignments, Held } from '../../shapes.ts'
import { focusWithin } from '../settings/focus.ts'
import type { Versioned } from '../settings/versioned.ts'
import { Button } from '../shell/button.tsx'
import { type Answer, ask } from '../shell/calls.ts'
import { now } from '../shell/clock.ts'
import { Dialog } from '../shell/dialog.tsx'
import { useLanguage, useWords } from '../shell/language.ts'
import { AssignFields } from './assign-fields.tsx'
import { refusedFields, refusedWords } from './assign-refusal.ts'
import { type Assignment, type AssignmentDraft, doneWords, draftFor, readAssignment } from './assignment.ts'
import { HELD_WORDS } from './fleet-words.ts'
import { KnownAssignments, Sure } from './known-assignments.tsx'

interface DialogProps {
  readonly held: Held
  readonly close: () => void
  readonly done: (text: string) => void
}

type Refusal = Exclude<Answer<unknown>, { type: 'fine' }>

/** Says whose held readings are: first what is typed, then what it will do, and only then it is done. */
export function AssignDialog({ held, close, done }: DialogProps) {
  const say = useWords(HELD_WORDS)
  const language = useLanguage()
  const [known, know] = useState<Versioned<Assignments> | undefined>(undefined)
  const [draft, setDraft] = useState<AssignmentDraft>(() => draftFor(held))
  const [tried, setTried] = useState(false)
  const [sure, setSure] = useState<Assignment | undefined>(undefined)
  const [busy, setBusy] = useState(false)
  const [refusal, setRefusal] = useState<Refusal | undefined>(undefined)
  const path = `/v1/devices/${encodeURIComponent(held.device)}/assignment` as const
  const { assignment, problems } = readAssignment(draft, now())

  const look = useCallback(async () => {
    const answer = await ask<Assignments>(path)
    if (answer.type === 'fine') know({ data: answer.data, etag: answer.etag })
    else setRefusal(answer)
  }, [path])
  useEffect(() => {
    void look()
  }, [look])

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
    const seen = known?.etag === undefined ? {} : { seen: known.etag }
    const answer = await ask<Assigned>(path, { method: 'PUT', body: sure, ...seen })
    setBusy(false)
    if (answer.type === 'fine') {
      done(doneWords(answer.data, sure.citizen, language))
      return
    }
    setRefusal(answer)
    setSure(undefined)
    focusWithin('assign', 'input')
    if (answer.type === 'refused' && (answer.status === 412 || answer.status === 428)) await look()
  }
  const told = refusal === undefined ? {} : refusedFields(refusal, language)
  return (
    <Dialog title={`${say('assign')}: ${held.device}`} onClose={close}>
      <div id="assign" class="assign">
        {refusal !== undefined && Object.keys(told).length === 0 && (
          <p class="problem" role="alert">
            {refusedWords(refusal, language)}
          </p>
        )}
        {known === undefined ? (
          refusal === undefined && <p role="status">{say('loading')}</p>
        ) : (
          <KnownAssignments known={known.data} />
        )}
        {sure === undefined || known === undefined ? (
          <form noValidate onSubmit={goOn}>
            <AssignFields draft={draft} problems={tried ? problems : {}} told={told} change={setDraft} />
            <div class="row">
              <Button type="submit" look="main" busy={known === undefined}>
                {say('go')}
              </Button>
              <Button onClick={close}>{say('leave')}</Button>
            </div>
          </form>
        ) : (
          <>
            <Sure held={held} known={known.data} wanted={sure} />
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
