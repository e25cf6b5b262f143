import { useState } from 'preact/hooks'
import type { Overview } from '../../shapes.ts'
import { Button } from '../shell/button.tsx'
import { useLanguage, useWords } from '../shell/language.ts'
import { pathOf, useActing } from './acting.ts'
import { NOTE_WORDS } from './action-words.ts'
import { Field, Problem } from './form-parts.tsx'
import { Longer } from './longer.tsx'
import { timeText } from './point-words.ts'
import { PAGE_WORDS } from './words.ts'

/** As the broker (broker/clinic/notes). */
const MAX_LENGTH = 2000

interface NotesProps {
  readonly overview: Overview
  readonly again: () => void
}

/** What colleagues wrote of the citizen; one more can be written. */
export function Notes({ overview, again }: NotesProps) {
  const language = useLanguage()
  const say = useWords(NOTE_WORDS)
  const sayPage = useWords(PAGE_WORDS)
  const [text, setText] = useState('')
  const { busy, problem, complain, act } = useActing({ citizen: overview.citizen, done: say('saved'), after: again })
  const send = async () => {
    if (text.trim() === '') return complain(say('missing'))
    if (await act(pathOf(overview.citizen, 'notes'), { method: 'POST', body: { text: text.trim() } })) setText('')
  }
  return (
    <section class="card" aria-labelledby="notes">
      <h2 id="notes">{sayPage('notes')}</h2>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        <Field label={say('write')}>
          {(id) => (
            <textarea
              id={id}
              rows={2}
              maxLength={MAX_LENGTH}
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          )}
        </Field>
        <Problem text={problem} />
        <Button type="submit" busy={busy}>
          {say('save')}
        </Button>
      </form>
      <Longer items={overview.notes} none={sayPage('notesNone')}>
        {({ id, at, by, byName, text: written }) => (
          <li key={id}>
            <p class="written">{written}</p>
            <p class="soft">{`${timeText(at, language)} · ${byName ?? by}`}</p>
          </li>
        )}
      </Longer>
    </section>
  )
}
