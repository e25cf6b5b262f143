import { useState } from 'preact/hooks'
import type { AlertMessage } from '../../../contract/alert.ts'
import type { Overview } from '../../shapes.ts'
import { alertNotes, alertSentence } from '../shell/alert-sentence.ts'
import { Badge } from '../shell/badge.tsx'
import { Button } from '../shell/button.tsx'
import { causeText } from '../shell/causes.ts'
import { now } from '../shell/clock.ts'
import { formatMoment } from '../shell/format.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { useKeptFocus } from '../shell/use-kept-focus.ts'
import { When } from '../shell/when.tsx'
import { ALERT_WORDS } from './action-words.ts'
import { AcknowledgeDialog, CloseDialog } from './alert-dialogs.tsx'
import { Longer } from './longer.tsx'
import { openAlerts, pastAlerts, standingOf } from './standing.ts'
import { PAGE_WORDS } from './words.ts'

interface AlertsProps {
  readonly overview: Overview
  readonly again: () => void
}

/** What stands open now and why, with what can be done about it. */
export function OpenAlerts({ overview, again }: AlertsProps) {
  const say = useWords(PAGE_WORDS)
  const [asking, ask] = useState<{ readonly alert: string; readonly what: 'acknowledge' | 'close' }>()
  const alerts = openAlerts(overview.alerts)
  const dialog = {
    alert: overview.alerts.find(({ alert }) => alert === asking?.alert),
    citizen: overview.citizen,
    again,
    onClose: () => ask(undefined),
  }
  return (
    <section class="card" aria-labelledby="open-alerts" {...useKeptFocus()}>
      <h2 id="open-alerts" data-home>
        {say('alerts')}
      </h2>
      {alerts.length === 0 && <p class="soft">{say('noAlerts')}</p>}
      <ul class="alerts">
        {alerts.map((alert) => (
          <OpenAlert key={alert.alert} alert={alert} onDo={(what) => ask({ alert: alert.alert, what })} />
        ))}
      </ul>
      {asking?.what === 'acknowledge' && <AcknowledgeDialog {...dialog} />}
      {asking?.what === 'close' && <CloseDialog {...dialog} />}
    </section>
  )
}

interface OpenAlertProps {
  readonly alert: AlertMessage
  readonly onDo: (what: 'acknowledge' | 'close') => void
}

function OpenAlert({ alert, onDo }: OpenAlertProps) {
  const language = useLanguage()
  const say = useWords(ALERT_WORDS)
  const sentence = alertSentence(alert, now(), language)
  return (
    <li class={`alert ${standingOf(alert)}`}>
      <Badge standing={standingOf(alert)} />
      <div>
        <p class="sentence" data-home>
          {sentence}
        </p>
        <p class="soft">
          {say('began')} <When at={alert.openedAt} />
          {alert.state === 'open' && ` · ${say('nobody')}`}
          {alert.pausedBy !== undefined && ` · ${say('paused')}`}
        </p>
        {alertNotes(alert, now(), language).map((note) => (
          <p class="soft" key={note}>
            {note}
          </p>
        ))}
      </div>
      <p class="does">
        {alert.state === 'open' && (
          <Button look="main" label={`${say('acknowledge')}: ${sentence}`} onClick={() => onDo('acknowledge')}>
            {say('acknowledge')}
          </Button>
        )}
        <Button label={`${say('close')}: ${sentence}`} onClick={() => onDo('close')}>
          {say('close')}
        </Button>
      </p>
    </li>
  )
}

/** What was, who dealt with it and how. */
export function PastAlerts({ overview }: Pick<AlertsProps, 'overview'>) {
  const language = useLanguage()
  const say = useWords(PAGE_WORDS)
  const sayOf = useWords(ALERT_WORDS)
  const alerts = pastAlerts(overview.alerts)
  return (
    <section class="card" aria-labelledby="past-alerts">
      <h2 id="past-alerts">
        {say('history')} <small>{say('historyOf')}</small>
      </h2>
      <Longer items={alerts} none={say('historyNone')}>
        {(alert) => {
          const { acknowledged, closedAt, cause } = alert
          return (
            <li key={alert.alert} class="past">
              <p>
                <Badge standing={standingOf(alert)} /> {alertSentence(alert, now(), language)}
              </p>
              <p class="soft">
                {formatMoment(alert.openedAt, now(), language)}
                {closedAt !== undefined && ` – ${formatMoment(closedAt, now(), language)}`}
                {cause !== undefined && ` · ${sayOf('ended')}: ${causeText(cause, language)}`}
              </p>
              <p class="soft">
                {acknowledged === undefined
                  ? sayOf('nobody')
                  : `${sayOf('acknowledgedBy')} ${acknowledged.by} ${formatMoment(acknowledged.at, now(), language)}: ${acknowledged.action}`}
              </p>
            </li>
          )
        }}
      </Longer>
    </section>
  )
}
