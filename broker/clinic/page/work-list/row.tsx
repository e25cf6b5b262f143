import { useMemo } from 'preact/hooks'
import type { AlertMessage } from '../../../contract/alert.ts'
import type { Latest } from '../../shapes.ts'
import { alertNotes, alertSentence } from '../shell/alert-sentence.ts'
import { Badge } from '../shell/badge.tsx'
import { Button } from '../shell/button.tsx'
import { now, useNow } from '../shell/clock.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { dateText } from '../shell/local-time.ts'
import { flagText, latestText, quantityName } from '../shell/names.ts'
import { addressOf } from '../shell/place.ts'
import { Sparkline } from '../shell/sparkline.tsx'
import { When } from '../shell/when.tsx'
import type { Mode } from './action-dialog.tsx'
import type { Row } from './held-order.ts'
import { WORDS } from './words.ts'

/** On the row; the citizen's own page has all. */
const MAX_ALERTS = 3
const MAX_VALUES = 4

interface WorkRowProps extends Row {
  readonly onAct: (citizen: string, mode: Mode) => void
}

const dateOf = (at: number): string => dateText(at)

/** One citizen who needs somebody. */
export function WorkRow({ item, gone, onAct }: WorkRowProps) {
  const language = useLanguage()
  const say = useWords(WORDS)
  const { citizen, standing, pausedUntil, acknowledged, since, alerts, latest } = item
  // From midnight on "21.30" is said with its day.
  const today = useNow(dateOf)
  // Of 300 rows one has changed: the others are not even compared.
  return useMemo(
    () => (
      <li class={`work-row ${standing}${gone ? ' gone' : ''}`} data-citizen={citizen}>
        <div class="head">
          <Badge standing={standing} />
          <a class="citizen" href={addressOf({ page: 'citizen', citizen })} data-row data-home>
            <span class="hidden-text">{say('citizen')} </span>
            {citizen}
          </a>
          <p class="soft">
            {say('since')} <When at={since} how="since" />
          </p>
          {acknowledged && <p class="tag">✓ {say('acknowledged')}</p>}
          {pausedUntil !== undefined && (
            <p class="tag">
              {say('pausedUntil')} <When at={pausedUntil} how="absolute" />
            </p>
          )}
          {gone && <p class="tag">{say('gone')}</p>}
        </div>
        <ul class="why">
          {alerts.slice(0, MAX_ALERTS).map((alert) => (
            <Why key={alert.alert} alert={alert} />
          ))}
          {alerts.length > MAX_ALERTS && (
            <li class="soft">
              +{alerts.length - MAX_ALERTS} {say('more')}
            </li>
          )}
        </ul>
        <ul class="values" aria-label={say('values')}>
          {latest.slice(0, MAX_VALUES).map((one) => (
            <Value key={`${one.kind}/${one.quantity}`} latest={one} />
          ))}
        </ul>
        <div class="actions">
          {!gone && alerts.some(({ state }) => state === 'open') && (
            <Button label={`${say('acknowledge')} ${citizen}`} onClick={() => onAct(citizen, 'acknowledge')}>
              {say('acknowledge')}
            </Button>
          )}
          {!gone && (
            <Button look="quiet" label={`${say('close')} ${citizen}`} onClick={() => onAct(citizen, 'close')}>
              {say('close')}
            </Button>
          )}
        </div>
      </li>
    ),
    [item, gone, language, onAct, today],
  )
}

function Why({ alert }: { readonly alert: AlertMessage }) {
  const language = useLanguage()
  const at = now()
  return (
    <li>
      {alertSentence(alert, at, language)}
      {alertNotes(alert, at, language).map((note) => (
        <span key={note} class="note">
          {note}
        </span>
      ))}
    </li>
  )
}

function Value({ latest }: { readonly latest: Latest }) {
  const language = useLanguage()
  const { quantity, measuredAt, device, flags } = latest
  return (
    <li class={flags.includes('doubtful') ? 'value doubtful' : 'value'}>
      <span class="name">{quantityName(quantity, language)}</span>
      <strong>{latestText(latest, language)}</strong>
      <Sparkline latest={latest} />
      <span class="soft">
        <When at={measuredAt} /> · <span class="device">{device}</span>
      </span>
      {flags.length > 0 && <span class="flags">{flags.map((flag) => flagText(flag, language)).join(', ')}</span>}
    </li>
  )
}
