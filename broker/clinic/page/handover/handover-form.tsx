import { useRef, useState } from 'preact/hooks'
import type { Handover } from '../../shapes.ts'
import { Badge } from '../shell/badge.tsx'
import { Button } from '../shell/button.tsx'
import { ask } from '../shell/calls.ts'
import { useDraft } from '../shell/drafts.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { refusalText } from '../shell/refusal-text.ts'
import { useTell } from '../shell/toasts.tsx'
import { useWorkState } from '../shell/work.ts'
import { Counts } from './counts.tsx'
import { type Draft, EMPTY, MAX_LINE, MAX_TEXT, withCitizens } from './handover.ts'
import { WORDS } from './words.ts'

/** As `idSchema` (device-drivers/reading.ts). */
const CITIZEN = /^[a-z0-9-]{4,32}$/

/** What the one who leaves writes. Kept while one looks at a citizen in between. */
export function HandoverForm({ onDone }: { readonly onDone: () => void }) {
  const language = useLanguage()
  const say = useWords(WORDS)
  const tell = useTell()
  const list = useWorkState()?.list
  const [draft, write, discard] = useDraft<Draft>('handover', EMPTY)
  const [problem, setProblem] = useState('')
  const [busy, setBusy] = useState(false)
  const form = useRef<HTMLFormElement>(null)

  async function submit(): Promise<void> {
    const text = draft.text.trim()
    const without = draft.lines.findIndex((line) => line.text.trim() === '')
    if (without >= 0) {
      form.current?.querySelectorAll<HTMLElement>('[name="watch"]')[without]?.focus()
      return setProblem(say('noText'))
    }
    if (text === '' && draft.lines.length === 0) return setProblem(say('empty'))
    setProblem('')
    setBusy(true)
    const body = { text, citizens: draft.lines }
    const answer = await ask<Handover>('/v1/handovers', { method: 'POST', body })
    setBusy(false)
    if (answer.type !== 'fine') return setProblem(refusalText(answer, language))
    discard()
    tell(say('done'))
    onDone()
  }

  const reds = list?.items.filter(({ standing, pausedUntil }) => standing === 'red' && pausedUntil === undefined) ?? []
  const add = (citizens: readonly string[]) => write(withCitizens(draft, citizens))
  return (
    <form
      ref={form}
      class="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (!busy) void submit()
      }}
    >
      {list !== undefined && <Counts of={list.counts} title={say('open')} />}
      <label>
        {say('general')}
        <textarea
          name="text"
          rows={5}
          maxLength={MAX_TEXT}
          value={draft.text}
          onInput={(event) => write({ ...draft, text: event.currentTarget.value })}
        />
      </label>
      <Lines draft={draft} write={write} />
      <AddCitizen onAdd={(citizen) => add([citizen])} />
      {reds.length > 0 && (
        <div>
          <Button onClick={() => add(reds.map(({ citizen }) => citizen))}>{say('addReds')}</Button>
        </div>
      )}
      <p class="trouble" role="alert">
        {problem}
      </p>
      <div>
        <Button type="submit" look="main" busy={busy}>
          {say('submit')}
        </Button>
      </div>
    </form>
  )
}

function Lines({ draft, write }: { readonly draft: Draft; readonly write: (draft: Draft) => void }) {
  const say = useWords(WORDS)
  const items = useWorkState()?.list?.items ?? []
  return (
    <ul class="lines">
      {draft.lines.map(({ citizen, text }) => {
        const standing = items.find((item) => item.citizen === citizen)?.standing ?? 'calm'
        const others = draft.lines.filter((line) => line.citizen !== citizen)
        const change = (said: string) =>
          write({
            ...draft,
            lines: draft.lines.map((line) => (line.citizen === citizen ? { citizen, text: said } : line)),
          })
        return (
          <li key={citizen}>
            <span class="row">
              <Badge standing={standing} /> <strong>{citizen}</strong>
              <Button
                look="quiet"
                label={`${say('remove')} ${citizen}`}
                onClick={() => write({ ...draft, lines: others })}
              >
                {say('remove')}
              </Button>
            </span>
            <label>
              <span class="hint">
                {say('watch')} <span class="hidden-text">{citizen}</span>
              </span>
              <textarea
                name="watch"
                rows={2}
                maxLength={MAX_LINE}
                value={text}
                onInput={(event) => change(event.currentTarget.value)}
              />
            </label>
          </li>
        )
      })}
    </ul>
  )
}

function AddCitizen({ onAdd }: { readonly onAdd: (citizen: string) => void }) {
  const say = useWords(WORDS)
  const items = useWorkState()?.list?.items ?? []
  const [citizen, setCitizen] = useState('')
  const [wrong, setWrong] = useState(false)
  const add = () => {
    const named = citizen.trim().toLowerCase()
    setWrong(!CITIZEN.test(named))
    if (!CITIZEN.test(named)) return
    onAdd(named)
    setCitizen('')
  }
  return (
    <div>
      <label>
        {say('citizen')}
        <span class="row">
          <input
            name="citizen"
            list="handover-citizens"
            autocomplete="off"
            maxLength={32}
            value={citizen}
            aria-invalid={wrong}
            aria-describedby="handover-citizen-problem"
            onInput={(event) => setCitizen(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return
              event.preventDefault()
              add()
            }}
          />
          <Button onClick={add}>{say('add')}</Button>
        </span>
      </label>
      <datalist id="handover-citizens">
        {items.map((item) => (
          <option key={item.citizen} value={item.citizen} />
        ))}
      </datalist>
      <p id="handover-citizen-problem" class="trouble" role="alert">
        {wrong ? say('noCitizen') : ''}
      </p>
    </div>
  )
}
