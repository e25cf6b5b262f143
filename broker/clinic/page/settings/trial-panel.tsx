import type { DryRunAnswer } from '../../shapes.ts'
import { Button } from '../shell/button.tsx'
import { useLanguage, useWords } from '../shell/language.ts'
import { ZONE } from '../shell/local-time.ts'
import { trialSentence, weekly } from './limit-sentences.ts'
import { TRIAL_WORDS } from './limit-words.ts'
import { TrialTimeline } from './trial-timeline.tsx'
import type { Trial } from './use-dry-run.ts'

export const WEEKS = [4, 8, 12, 26] as const

/** So many alerts are read; more stay behind a button of the browser's own. */
const SHOWN_AT_ONCE = 6

interface PanelProps {
  readonly id: string
  readonly trial: Trial
  readonly weeks: number
  readonly mistaken: boolean
  readonly choose: (weeks: number) => void
  readonly run: () => void
}

/** The dry run beside the draft: how many alerts now and then, and which. */
export function TrialPanel({ id, trial, weeks, mistaken, choose, run }: PanelProps) {
  const say = useWords(TRIAL_WORDS)
  const language = useLanguage()
  const { state, answer, current } = trial
  return (
    <section class="trial" aria-labelledby={`${id}-trial`}>
      <h4 id={`${id}-trial`}>{say('heading')}</h4>
      <p class="soft">{say('intro')}</p>
      <div class="row">
        <label class="inline">
          {say('weeks')}{' '}
          <select value={weeks} onChange={(event) => choose(Number(event.currentTarget.value))}>
            {WEEKS.map((count) => (
              <option key={count} value={count}>
                {language === 'da' ? `${count} uger` : `${count} weeks`}
              </option>
            ))}
          </select>
        </label>
        <Button onClick={run} busy={mistaken || state === 'running'}>
          {say('run')}
        </Button>
      </div>
      <p role="status" class={state === 'failed' ? 'problem' : ''}>
        {mistaken && say('wrong')}
        {!mistaken && state === 'running' && say('running')}
        {!mistaken && state === 'failed' && say('failed')}
        {!mistaken && current && answer !== undefined && trialSentence(answer, language)}
      </p>
      {answer !== undefined && (
        <div class={current ? 'found' : 'found stale'} aria-busy={state === 'running'}>
          {!current && <p class="soft">{say('stale')}</p>}
          <Rates answer={answer} />
          <TrialTimeline answer={answer} />
          <Alerts answer={answer} lane="added" />
          <Alerts answer={answer} lane="gone" />
          <p class="soft small">{say('caveat')}</p>
        </div>
      )}
    </section>
  )
}

function Rates({ answer }: { readonly answer: DryRunAnswer }) {
  const say = useWords(TRIAL_WORDS)
  const language = useLanguage()
  const most = Math.max(answer.nowPerWeek, answer.draftPerWeek, 0.1)
  return (
    <dl class="rates">
      {(['now', 'draft'] as const).map((which) => {
        const rate = which === 'now' ? answer.nowPerWeek : answer.draftPerWeek
        return (
          <div key={which}>
            <dt>{say(which)}</dt>
            <dd>
              <b>{weekly(rate, language)}</b> {say('perWeek')}
              <svg width="100%" height="8" aria-hidden="true">
                <rect class={which} width={`${(rate / most) * 100}%`} height="8" rx="2" />
              </svg>
            </dd>
          </div>
        )
      })}
    </dl>
  )
}

function Alerts({ answer, lane }: { readonly answer: DryRunAnswer; readonly lane: 'added' | 'gone' }) {
  const say = useWords(TRIAL_WORDS)
  const alerts = answer[lane].toSorted((a, b) => (a.openedAt > b.openedAt ? -1 : 1))
  if (alerts.length === 0) return <p>{say(lane === 'added' ? 'noneAdded' : 'noneGone')}</p>
  const rest = alerts.slice(SHOWN_AT_ONCE)
  return (
    <>
      <h5>{`${say(lane)} (${alerts.length})`}</h5>
      <AlertList alerts={alerts.slice(0, SHOWN_AT_ONCE)} />
      {rest.length > 0 && (
        <details>
          <summary>{`${say('all')} (+${rest.length})`}</summary>
          <AlertList alerts={rest} />
        </details>
      )}
    </>
  )
}

function AlertList({ alerts }: { readonly alerts: DryRunAnswer['added'] }) {
  const say = useWords(TRIAL_WORDS)
  const language = useLanguage()
  const time = new Intl.DateTimeFormat(language === 'da' ? 'da-DK' : 'en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: ZONE,
  })
  const level = (name: string) => (name === 'red' || name === 'yellow' || name === 'blue' ? say(name) : name)
  return (
    <ul class="alerts">
      {alerts.map(({ rule, level: name, openedAt, closedAt }, index) => (
        <li key={`${rule} ${openedAt} ${index}`} class={name}>
          <b>{level(name)}</b> {time.format(new Date(openedAt))}
          {' – '}
          {closedAt === undefined ? say('open') : time.format(new Date(closedAt))}
        </li>
      ))}
    </ul>
  )
}
