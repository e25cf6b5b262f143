import type { DryRunAnswer } from '../../shapes.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { ZONE } from '../shell/local-time.ts'
import { TRIAL_WORDS } from './limit-words.ts'

const WEEK_MS = 7 * 86_400_000
const SHAPES: Readonly<Record<string, string>> = {
  red: 'M0-7 7 0 0 7-7 0Z',
  yellow: 'M0-6 6.5 5.5-6.5 5.5Z',
}
const DOT = 'M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0Z'

interface TimelineProps {
  readonly answer: DryRunAnswer
}

/** When alerts would come and go. The list beside it says the same in words, so a screen reader passes over this. */
export function TrialTimeline({ answer }: TimelineProps) {
  const language = useLanguage()
  const say = useWords(TRIAL_WORDS)
  const from = Date.parse(answer.from)
  const to = Date.parse(answer.to)
  const share = (at: string): number => Math.min(100, Math.max(0, ((Date.parse(at) - from) / (to - from)) * 100))
  const weeks = Array.from({ length: Math.max(0, Math.ceil((to - from) / WEEK_MS) - 1) }, (_, week) => {
    return ((week + 1) * WEEK_MS * 100) / (to - from)
  })
  const day = new Intl.DateTimeFormat(language === 'da' ? 'da-DK' : 'en-GB', {
    day: 'numeric',
    month: 'short',
    timeZone: ZONE,
  })
  return (
    <div class="timeline" aria-hidden="true">
      {(['added', 'gone'] as const).map((lane) => (
        <div key={lane} class={`lane ${lane}`}>
          <span>{say(lane)}</span>
          <svg width="100%" height="28" aria-hidden="true">
            {weeks.map((at) => (
              <line key={at} class="week" x1={`${at}%`} x2={`${at}%`} y1="0" y2="28" />
            ))}
            <line class="axis" x1="0" x2="100%" y1="14" y2="14" />
            {answer[lane].map((alert, index) => (
              <g key={`${alert.rule} ${alert.openedAt} ${index}`} class={alert.level}>
                <line
                  class="lasting"
                  x1={`${share(alert.openedAt)}%`}
                  x2={`${share(alert.closedAt ?? answer.to)}%`}
                  y1="14"
                  y2="14"
                />
                <svg x={`${share(alert.openedAt)}%`} y="14" overflow="visible" width="1" height="1" aria-hidden="true">
                  <path d={SHAPES[alert.level] ?? DOT} />
                </svg>
              </g>
            ))}
          </svg>
        </div>
      ))}
      <div class="ends">
        <span>{day.format(from)}</span>
        <span>{day.format((from + to) / 2)}</span>
        <span>{day.format(to)}</span>
      </div>
    </div>
  )
}
