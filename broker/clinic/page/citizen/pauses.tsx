import { useState } from 'preact/hooks'
import type { PauseReason } from '../../../alerts/pauses.ts'
import type { Overview, ShownPause } from '../../shapes.ts'
import { Button } from '../shell/button.tsx'
import { now } from '../shell/clock.ts'
import { Dialog } from '../shell/dialog.tsx'
import { formatMoment } from '../shell/format.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { DAY_MS, dateTimeText, instantOfText } from '../shell/local-time.ts'
import { useKeptFocus } from '../shell/use-kept-focus.ts'
import { pathOf, useActing } from './acting.ts'
import { PAUSE_REASONS, PAUSE_WORDS } from './action-words.ts'
import { Field, Form } from './form-parts.tsx'

interface PausesProps {
  readonly overview: Overview
  readonly again: () => void
}

/** When nobody is called, why, and what was held back meanwhile. */
export function Pauses({ overview, again }: PausesProps) {
  const language = useLanguage()
  const say = useWords(PAUSE_WORDS)
  const [making, setMaking] = useState(false)
  const [ending, setEnding] = useState<string>()
  const lasting = overview.pauses.filter(({ to }) => to > overview.at)
  const over = overview.pauses.filter(({ to }) => to <= overview.at)
  const text = (pause: ShownPause): string => {
    const period = `${formatMoment(pause.from, now(), language)} – ${formatMoment(pause.to, now(), language)}`
    return `${PAUSE_REASONS[pause.reason][language]}: ${period}`
  }
  return (
    <section class="card" aria-labelledby="pauses" {...useKeptFocus()}>
      <h2 id="pauses" data-home>
        {say('title')}
      </h2>
      {lasting.length === 0 && <p class="soft">{say('none')}</p>}
      <ul class="plain">
        {lasting.map((pause) => (
          <li key={pause.id} class="pause">
            <p>
              <strong>{text(pause)}</strong>
            </p>
            <p class="soft">
              {[
                pause.includeRed ? say('all') : say('yellowOnly'),
                `${say('heldBack')}: ${pause.suppressed}`,
                `${say('by')} ${pause.by}`,
              ].join(' · ')}
            </p>
            <Button label={`${say('end')}: ${text(pause)}`} onClick={() => setEnding(pause.id)}>
              {say('end')}
            </Button>
          </li>
        ))}
      </ul>
      <Button onClick={() => setMaking(true)}>{say('make')}</Button>
      {over.length > 0 && (
        <details>
          <summary>{`${say('over')} (${over.length})`}</summary>
          <ul class="plain">
            {over.map((pause) => (
              <li key={pause.id} class="soft">{`${text(pause)} · ${say('heldBack')}: ${pause.suppressed}`}</li>
            ))}
          </ul>
        </details>
      )}
      {making && <MakePause overview={overview} again={again} onClose={() => setMaking(false)} />}
      {ending !== undefined && (
        <EndPause citizen={overview.citizen} pause={ending} again={again} onClose={() => setEnding(undefined)} />
      )}
    </section>
  )
}

/** As the broker: an end is mandatory, and nobody remembers why after a month (broker/alerts/pauses.ts). */
const MAX_MS = 30 * DAY_MS
const REASONS = Object.keys(PAUSE_REASONS) as PauseReason[]

interface MakePauseProps extends PausesProps {
  readonly onClose: () => void
}

function MakePause({ overview, again, onClose }: MakePauseProps) {
  const language = useLanguage()
  const say = useWords(PAUSE_WORDS)
  const [reason, setReason] = useState<PauseReason>('admission')
  const [until, setUntil] = useState('')
  const [includeRed, setIncludeRed] = useState(false)
  const [confirmRed, setConfirmRed] = useState(false)
  const { busy, problem, complain, act } = useActing({ citizen: overview.citizen, done: say('made'), after: again })
  const send = async () => {
    const to = instantOfText(until)
    if (to === undefined || to <= now() || to - now() > MAX_MS) return complain(say('untilMissing'))
    if (includeRed && !confirmRed) return complain(say('redMissing'))
    const body = {
      reason,
      to: new Date(to).toISOString(),
      ...(includeRed ? { includeRed, confirmRed } : {}),
    }
    if (await act(pathOf(overview.citizen, 'pauses'), { method: 'POST', body })) onClose()
  }
  return (
    <Dialog title={say('makeTitle')} onClose={onClose}>
      <p>{say('what')}</p>
      <Form submit={say('make')} busy={busy} problem={problem} onSubmit={() => void send()} onCancel={onClose}>
        <Field label={say('reason')}>
          {(id) => (
            <select id={id} value={reason} onChange={(event) => setReason(event.currentTarget.value as PauseReason)}>
              {REASONS.map((one) => (
                <option key={one} value={one}>
                  {PAUSE_REASONS[one][language]}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={say('until')}>
          {(id) => (
            <input
              id={id}
              type="datetime-local"
              required
              min={dateTimeText(now())}
              max={dateTimeText(now() + MAX_MS)}
              value={until}
              onInput={(event) => setUntil(event.currentTarget.value)}
            />
          )}
        </Field>
        <div class="choices">
          <label>
            <input
              type="checkbox"
              checked={includeRed}
              onChange={(event) => setIncludeRed(event.currentTarget.checked)}
            />
            {say('red')}
          </label>
          {includeRed && (
            <label class="sure">
              <input
                type="checkbox"
                checked={confirmRed}
                onChange={(event) => setConfirmRed(event.currentTarget.checked)}
              />
              {say('redSure')}
            </label>
          )}
        </div>
      </Form>
    </Dialog>
  )
}

interface EndPauseProps {
  readonly citizen: string
  readonly pause: string
  readonly again: () => void
  readonly onClose: () => void
}

function EndPause({ citizen, pause, again, onClose }: EndPauseProps) {
  const say = useWords(PAUSE_WORDS)
  const { busy, problem, act } = useActing({ citizen, done: say('ended'), after: again })
  const send = async () => {
    if (await act(pathOf(citizen, `pauses/${encodeURIComponent(pause)}`), { method: 'DELETE' })) onClose()
  }
  return (
    <Dialog title={say('endTitle')} onClose={onClose}>
      <p>{say('endWhat')}</p>
      <Form submit={say('end')} busy={busy} problem={problem} onSubmit={() => void send()} onCancel={onClose}>
        {null}
      </Form>
    </Dialog>
  )
}
