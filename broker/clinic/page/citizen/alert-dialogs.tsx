import { useState } from 'preact/hooks'
import type { CloseReason } from '../../../alerts/alert-message.ts'
import type { AlertMessage } from '../../../contract/alert.ts'
import { alertNotes, alertSentence } from '../shell/alert-sentence.ts'
import { CLOSE_REASON_WORDS } from '../shell/causes.ts'
import { now } from '../shell/clock.ts'
import { Dialog } from '../shell/dialog.tsx'
import { useLanguage, useWords } from '../shell/language.ts'
import { pathOf, useActing } from './acting.ts'
import { ALERT_WORDS, PHRASES } from './action-words.ts'
import { Field, Form } from './form-parts.tsx'
import { isUnfinished } from './standing.ts'

export interface AlertDialogProps {
  /** As it is now, also when somebody else has changed it since the dialog was opened; undefined: no longer known. */
  readonly alert: AlertMessage | undefined
  readonly citizen: string
  readonly again: () => void
  readonly onClose: () => void
}

function About({ alert }: Pick<AlertDialogProps, 'alert'>) {
  const language = useLanguage()
  const say = useWords(ALERT_WORDS)
  if (alert === undefined || !isUnfinished(alert)) return <p>{say('gone')}</p>
  return (
    <>
      <p>{alertSentence(alert, now(), language)}.</p>
      {alertNotes(alert, now(), language).map((note) => (
        <p key={note} class="soft">
          {note}
        </p>
      ))}
    </>
  )
}

const seenOf = (alert: AlertMessage | undefined): { readonly seen?: string } =>
  alert === undefined ? {} : { seen: `"${alert.revision}"` }

/** Says what was done about it. When a colleague was faster, what the colleague did is shown and nothing is lost. */
export function AcknowledgeDialog({ alert, citizen, again, onClose }: AlertDialogProps) {
  const language = useLanguage()
  const say = useWords(ALERT_WORDS)
  const [action, setAction] = useState('')
  const { busy, problem, complain, act } = useActing({ citizen, done: say('acknowledged'), after: again })
  const send = async () => {
    if (action.trim() === '') return complain(say('actionMissing'))
    const path = pathOf(citizen, `alerts/${alert?.alert}/acknowledge`)
    if (await act(path, { method: 'POST', body: { action: action.trim() }, ...seenOf(alert) })) onClose()
  }
  return (
    <Dialog title={say('acknowledgeTitle')} onClose={onClose}>
      <About alert={alert} />
      <Form submit={say('acknowledge')} busy={busy} problem={problem} onSubmit={() => void send()} onCancel={onClose}>
        <Field label={say('action')}>
          {(id) => (
            <textarea
              id={id}
              rows={3}
              maxLength={500}
              value={action}
              onInput={(event) => setAction(event.currentTarget.value)}
            />
          )}
        </Field>
        <fieldset class="phrases">
          <legend>{say('phrases')}</legend>
          {PHRASES.map((phrase) => (
            <button type="button" class="button quiet" key={phrase.da} onClick={() => setAction(phrase[language])}>
              {phrase[language]}
            </button>
          ))}
        </fieldset>
      </Form>
    </Dialog>
  )
}

const REASONS = Object.keys(CLOSE_REASON_WORDS) as CloseReason[]

/** Ends an alert although the readings are as they are. */
export function CloseDialog({ alert, citizen, again, onClose }: AlertDialogProps) {
  const language = useLanguage()
  const say = useWords(ALERT_WORDS)
  const [reason, setReason] = useState<CloseReason>()
  const { busy, problem, complain, act } = useActing({ citizen, done: say('closed'), after: again })
  const send = async () => {
    if (reason === undefined) return complain(say('reasonMissing'))
    const path = pathOf(citizen, `alerts/${alert?.alert}/close`)
    if (await act(path, { method: 'POST', body: { reason }, ...seenOf(alert) })) onClose()
  }
  return (
    <Dialog title={say('closeTitle')} onClose={onClose}>
      <About alert={alert} />
      <Form submit={say('close')} busy={busy} problem={problem} onSubmit={() => void send()} onCancel={onClose}>
        <fieldset class="choices">
          <legend>{say('reason')}</legend>
          {REASONS.map((one) => (
            <label key={one}>
              <input type="radio" name="reason" checked={reason === one} onChange={() => setReason(one)} />
              {CLOSE_REASON_WORDS[one][language]}
            </label>
          ))}
        </fieldset>
      </Form>
    </Dialog>
  )
}
