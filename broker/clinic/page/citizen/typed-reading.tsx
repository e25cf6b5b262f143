import { useEffect, useRef, useState } from 'preact/hooks'
import { QUANTITIES, type QuantityName } from '../../../../device-drivers/quantities.ts'
import type { Kind } from '../../../../device-drivers/reading.ts'
import type { Overview } from '../../shapes.ts'
import { now } from '../shell/clock.ts'
import { Dialog } from '../shell/dialog.tsx'
import { formatNumber } from '../shell/format.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { dateTimeText, instantOfText } from '../shell/local-time.ts'
import { kindName, quantityName, unitText } from '../shell/names.ts'
import { pathOf, useActing } from './acting.ts'
import { TYPED_WORDS } from './action-words.ts'
import { Field, Form } from './form-parts.tsx'
import { isNeeded, type Typed, typedQuantities, typedValue } from './typed-values.ts'

interface TypedReadingProps {
  readonly overview: Overview
  readonly again: () => void
  readonly onClose: () => void
}

/** What the citizen says on the telephone, or a nurse has measured at the home. */
export function TypedReading({ overview, again, onClose }: TypedReadingProps) {
  const language = useLanguage()
  const say = useWords(TYPED_WORDS)
  const [kind, setKind] = useState<Kind | undefined>(overview.kinds[0])
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({})
  const [at, setAt] = useState(() => dateTimeText(now()))
  const [checked, setChecked] = useState(false)
  const [refused, setRefused] = useState(0)
  const fields = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (refused > 0) fields.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [refused])
  const { busy, problem, complain, act } = useActing({ citizen: overview.citizen, done: say('saved'), after: again })
  if (kind === undefined) return null
  const names = typedQuantities(kind)
  const typedOf = (name: QuantityName): Typed => typedValue(name, texts[name] ?? '')
  const problemOf = (name: QuantityName): string => {
    const typed = typedOf(name)
    if (typed === undefined) return isNeeded(kind, name) ? say('noNumber') : ''
    if (!('problem' in typed)) return ''
    if (typed.problem === 'number') return say('noNumber')
    const { range, decimals } = QUANTITIES[name]
    const [low, high] = range.map((end) => formatNumber(end, Number.isInteger(end) ? 0 : decimals, language))
    return `${say('range')} ${low} ${say('and')} ${high}.`
  }
  const send = async () => {
    setChecked(true)
    const measuredAt = instantOfText(at)
    if (measuredAt === undefined || measuredAt > now() + 60_000) return complain(say('atWrong'))
    complain('')
    if (names.some((name) => problemOf(name) !== '')) return setRefused(refused + 1)
    const values = Object.fromEntries(
      names.flatMap((name) => {
        const typed = typedOf(name)
        return typed !== undefined && 'value' in typed ? [[name, typed.value]] : []
      }),
    )
    const body = { kind, values, measuredAt: new Date(measuredAt).toISOString() }
    if (await act(pathOf(overview.citizen, 'readings'), { method: 'POST', body })) onClose()
  }
  return (
    <Dialog title={say('title')} onClose={onClose}>
      <p class="soft">{say('what')}</p>
      <Form submit={say('save')} busy={busy} problem={problem} onSubmit={() => void send()} onCancel={onClose}>
        <Field label={say('kind')}>
          {(id) => (
            <select
              id={id}
              value={kind}
              onChange={(event) => {
                setKind(event.currentTarget.value as Kind)
                setTexts({})
                setChecked(false)
              }}
            >
              {overview.kinds.map((one) => (
                <option key={one} value={one}>
                  {kindName(one, language)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <div class="stack" ref={fields}>
          {names.map((name) => {
            const wrong = checked ? problemOf(name) : ''
            const unit = unitText(QUANTITIES[name].unit)
            const optional = isNeeded(kind, name) ? '' : ` – ${say('optional')}`
            return (
              <Field
                key={`${kind}/${name}`}
                label={`${quantityName(name, language)}${unit === '' ? '' : ` (${unit})`}${optional}`}
                {...(wrong === '' ? {} : { hint: wrong })}
              >
                {(id, describedBy) => (
                  <input
                    id={id}
                    inputMode="decimal"
                    autocomplete="off"
                    value={texts[name] ?? ''}
                    aria-invalid={wrong !== ''}
                    aria-describedby={describedBy}
                    onInput={(event) => setTexts({ ...texts, [name]: event.currentTarget.value })}
                  />
                )}
              </Field>
            )
          })}
        </div>
        <Field label={say('at')}>
          {(id) => (
            <input
              id={id}
              type="datetime-local"
              max={dateTimeText(now())}
              value={at}
              onInput={(event) => setAt(event.currentTarget.value)}
            />
          )}
        </Field>
      </Form>
    </Dialog>
  )
}
