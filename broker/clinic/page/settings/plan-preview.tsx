import { holidaysOf } from '../../../alerts/plan/danish-holidays.ts'
import { type Language, useLanguage, useWords } from '../shell/language.ts'
import { clockWords, WEEKDAY_NAMES, windowWords } from '../shell/plan-sentence.ts'
import { type CalendarDay, calendarWeeks } from './plan-calendar.ts'
import type { PlanDraft } from './plan-draft.ts'
import { PLAN_WORDS } from './plan-words.ts'
import type { Preview } from './use-preview.ts'

interface PreviewProps {
  readonly id: string
  readonly preview: Preview
  readonly draft: PlanDraft
  /** Local date of the first of the 28 days. */
  readonly first: string
}

/** `man. 23. nov.`; dates are local already, so they are shown as if in UTC. */
function dayWords(date: string, language: Language, weekday: boolean): string {
  const format = new Intl.DateTimeFormat(language === 'da' ? 'da-DK' : 'en-GB', {
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
    ...(weekday ? { weekday: 'long' } : {}),
  })
  return format.format(new Date(`${date}T00:00Z`))
}

/** Which days of the next four weeks the draft expects something: as a calendar, and in words. */
export function PlanPreview({ id, preview, draft, first }: PreviewProps) {
  const say = useWords(PLAN_WORDS)
  const language = useLanguage()
  const { state, slots } = preview
  const weeks = calendarWeeks(slots, first, draft.timeZone)
  const days = weeks.flat().filter(({ inside, windows }) => inside && windows.length > 0)
  const years = new Set(weeks.flat().map(({ date }) => Number(date.slice(0, 4))))
  const off = new Set([...years].flatMap((year) => [...holidaysOf(year, draft.alsoOff)]))
  return (
    <section class="preview" aria-labelledby={`${id}-preview`}>
      <h4 id={`${id}-preview`}>{say('preview')}</h4>
      <p role="status" class={state === 'failed' ? 'problem' : ''}>
        {state === 'waiting' && say('previewWait')}
        {state === 'running' && say('previewRunning')}
        {state === 'failed' && say('previewFailed')}
        {state === 'shown' && summary(slots.length, days, language)}
      </p>
      {slots.length > 0 && (
        <div class={state === 'shown' ? 'found' : 'found stale'} aria-busy={state === 'running'}>
          <table class="calendar">
            <thead>
              <tr>
                {Object.values(WEEKDAY_NAMES[language]).map((name) => (
                  <th key={name} scope="col" abbr={name}>
                    {name.slice(0, language === 'da' ? 2 : 3)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {weeks.map((week) => (
                <tr key={week[0]?.date}>
                  {week.map((day) => (
                    <Day key={day.date} day={day} off={off.has(day.date)} />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
          <details>
            <summary>{say('inWords')}</summary>
            <ul class="words">
              {days.map((day) => (
                <li key={day.date}>{`${dayWords(day.date, language, true)}: ${windowWords(day.windows, language)}`}</li>
              ))}
            </ul>
          </details>
        </div>
      )}
    </section>
  )
}

function Day({ day, off }: { readonly day: CalendarDay; readonly off: boolean }) {
  const language = useLanguage()
  const { date, inside, windows } = day
  if (!inside) return <td class="outside" />
  const number = String(Number(date.slice(8)))
  return (
    <td class={windows.length > 0 ? 'expected' : 'empty'}>
      <span class="date">
        {date.endsWith('-01') ? dayWords(date, language, false) : number}
        {off && <small>{language === 'da' ? ' fri' : ' off'}</small>}
      </span>
      {windows.map(({ from, to }) => (
        <span key={from} class="slot">
          {clockWords(from, language)}–<wbr />
          {clockWords(to, language)}
        </span>
      ))}
    </td>
  )
}

function summary(slots: number, days: readonly CalendarDay[], language: Language): string {
  const [next] = days
  if (next === undefined) return language === 'da' ? 'Der ventes ingen målinger.' : 'No measurements are expected.'
  const at = language === 'da' ? 'kl.' : 'at'
  const when = `${dayWords(next.date, language, true)} ${at} ${windowWords(next.windows, language)}`
  if (language === 'da') {
    const count = slots === 1 ? '1 måling ventes' : `${slots} målinger ventes`
    return `${count}, på ${days.length} ${days.length === 1 ? 'dag' : 'dage'}. Den første: ${when}.`
  }
  const count = slots === 1 ? '1 measurement is expected' : `${slots} measurements are expected`
  return `${count}, on ${days.length} ${days.length === 1 ? 'day' : 'days'}. The first: ${when}.`
}
