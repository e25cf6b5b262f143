import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../shell/button.tsx'
import { Dialog } from '../shell/dialog.tsx'
import { useLanguage, useWords } from '../shell/language.ts'
import { Field } from './field.tsx'
import { LIMIT_WORDS } from './limit-words.ts'
import { remedyWords } from './remedies.ts'
import { useSaving } from './use-saving.ts'
import type { Versioned } from './versioned.ts'

interface WithdrawalProps<T> {
  readonly title: string
  /** Of the button that does it. */
  readonly action: string
  readonly path: `/${string}`
  readonly look: `/${string}`
  readonly all: Versioned<T>
  readonly close: () => void
  readonly keep: (answer: Versioned<T>) => void
  readonly done: () => void
  /** What comes of it. */
  readonly children: ComponentChildren
}

const MAX_REASON = 200

/** Takes back what was set for a citizen, with a reason: DELETE under the version that was seen. */
export function Withdrawal<T>(props: WithdrawalProps<T>) {
  const { title, action, path, look, all, close, keep, done, children } = props
  const say = useWords(LIMIT_WORDS)
  const [reason, setReason] = useState('')
  const [tried, setTried] = useState(false)
  const language = useLanguage()
  const saving = useSaving<T>({ path, look, seen: all.etag, keep, before: all.data })
  const submit = async (event: Event) => {
    event.preventDefault()
    setTried(true)
    if (reason.trim() !== '' && (await saving.send('DELETE', { reason: reason.trim() })) === 'saved') done()
  }
  const told = saving.fields['reason']
  const missing = tried && reason.trim() === ''
  return (
    <Dialog title={title} onClose={close}>
      <form noValidate onSubmit={submit}>
        {children}
        {saving.conflict !== undefined && (
          <p class="problem" role="alert">
            {say('withdrawAgain')}
          </p>
        )}
        {saving.trouble !== undefined && (
          <p class="problem" role="alert">
            {saving.trouble}
          </p>
        )}
        <Field
          id="withdrawal-reason"
          label={say('reason')}
          problem={missing ? say('reasonMissing') : told && remedyWords(told, language)}
          input={(marks) => (
            <textarea
              {...marks}
              rows={2}
              maxLength={MAX_REASON}
              required
              value={reason}
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          )}
        />
        <div class="row">
          <Button type="submit" look="main" busy={saving.busy}>
            {action}
          </Button>
          <Button onClick={close}>{say('leave')}</Button>
        </div>
      </form>
    </Dialog>
  )
}
