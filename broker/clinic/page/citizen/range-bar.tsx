import { useState } from 'preact/hooks'
import { now } from '../shell/clock.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { Problem } from './form-parts.tsx'
import { datesOf, problemOf, type Range, SPANS } from './range.ts'
import { RANGE_PROBLEMS, RANGE_WORDS } from './words.ts'

interface RangeBarProps {
  readonly range: Range
  readonly onRange: (range: Range) => void
  /** Somebody looks at a part of it. */
  readonly zoomed: boolean
  readonly onWhole: () => void
}

/** How far back the plots go: a week to a year, or between two dates. */
export function RangeBar({ range, onRange, zoomed, onWhole }: RangeBarProps) {
  const language = useLanguage()
  const say = useWords(RANGE_WORDS)
  const own = 'first' in range
  const [open, setOpen] = useState(own)
  const [dates, setDates] = useState(datesOf(range, now()))
  const [problem, setProblem] = useState('')
  const show = () => {
    const found = problemOf(dates.first, dates.last)
    setProblem(found === undefined ? '' : RANGE_PROBLEMS[found][language])
    if (found === undefined) onRange(dates)
  }
  const dateField = (which: 'first' | 'last') => (
    <label>
      {say(which)}
      <input
        type="date"
        value={dates[which]}
        onInput={(event) => setDates({ ...dates, [which]: event.currentTarget.value })}
      />
    </label>
  )
  return (
    <fieldset class="range">
      <legend class="hidden-text">{say('period')}</legend>
      {SPANS.map((days) => (
        <button
          key={days}
          type="button"
          class="button"
          aria-pressed={!own && range.days === days}
          onClick={() => {
            setOpen(false)
            onRange({ days })
          }}
        >
          {say(`days${days}`)}
        </button>
      ))}
      <button
        type="button"
        class="button"
        aria-pressed={own}
        aria-expanded={open}
        onClick={() => {
          setDates(datesOf(range, now()))
          setOpen(!open)
        }}
      >
        {say('other')}
      </button>
      {zoomed && (
        <button type="button" class="button" onClick={onWhole}>
          {say('whole')}
        </button>
      )}
      {open && (
        <form
          class="dates"
          onSubmit={(event) => {
            event.preventDefault()
            show()
          }}
        >
          {dateField('first')}
          {dateField('last')}
          <button type="submit" class="button main">
            {say('show')}
          </button>
          <Problem text={problem} />
        </form>
      )}
    </fieldset>
  )
}
