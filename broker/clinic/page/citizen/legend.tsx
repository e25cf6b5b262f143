import { useWords } from '../shell/language.ts'
import { LEGEND_WORDS } from './words.ts'

/** The marks of the plots, as they are drawn on them (plot-marks.ts, plot-background.ts). */
const MARKS = {
  plain: <circle cx="12" cy="8" r="3" class="solid" />,
  late: <circle cx="12" cy="8" r="4" class="hollow" />,
  doubtful: <path d="M8 4l8 8M8 12l8-8" class="hollow" />,
  typed: <rect x="8" y="4" width="8" height="8" class="solid" />,
  staff: <path d="M12 2.5L17.5 8 12 13.5 6.5 8z" class="solid" />,
  time: (
    <text x="12" y="13" text-anchor="middle">
      ?
    </text>
  ),
  beyond: <path d="M8 6l4-4 4 4M12 2v12" class="hollow" />,
  missed: <path d="M1 3h22M12 5l4 7H8z" class="missing solid" />,
  silent: <path d="M1 3h22M12 5a4 4 0 1 1 0 8 4 4 0 1 1 0-8z" class="missing hollow" />,
  limits: <path d="M1 5h22M1 11h6m3 0h6m3 0h4" class="hollow" />,
  normal: <rect x="1" y="4" width="22" height="8" class="normal" />,
  episode: (
    <>
      <rect x="4" y="1" width="16" height="14" class="span" />
      <rect x="4" y="1" width="16" height="3" class="bar" />
    </>
  ),
  pressure: <path d="M1 5h22M1 11h4m3 0h4m3 0h4" class="hollow" />,
} as const

const ENTRIES = Object.keys(MARKS) as (keyof typeof MARKS)[]

/** What shapes and lines mean, in words. */
export function Legend() {
  const say = useWords(LEGEND_WORDS)
  return (
    <details class="legend">
      <summary>{say('title')}</summary>
      <ul>
        {ENTRIES.map((entry) => (
          <li key={entry}>
            <svg viewBox="0 0 24 16" width="24" height="16" aria-hidden="true">
              {MARKS[entry]}
            </svg>
            {say(entry)}
          </li>
        ))}
      </ul>
      <p class="soft">
        {say('missedDays')} {say('zoom')}
      </p>
    </details>
  )
}
