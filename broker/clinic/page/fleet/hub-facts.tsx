import { Fact } from '../shell/fact.tsx'
import { formatDate, formatSpan } from '../shell/format.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { When } from '../shell/when.tsx'
import { FLEET_WORDS } from './fleet-words.ts'
import { type FleetHub, problemWords } from './trouble-words.ts'

/** Nobody measures all the time. */
const QUIET_S = 300

/** Everything that a hub says of itself. */
export function HubFacts({ hub }: { readonly hub: FleetHub }) {
  const say = useWords(FLEET_WORDS)
  const language = useLanguage()
  const { since, version, update, uptimeS, diskPercent, diskAlarm = 'none', radio, clockSynced, problem } = hub
  return (
    <dl class="facts">
      <Fact name={say('state')}>
        {say(hub.state)} {since !== undefined && <When at={since} />}
      </Fact>
      {version !== undefined && (
        <Fact name={say('version')}>
          {version}
          {update !== undefined && ` · ${say(update.state)} ${update.version}`}
        </Fact>
      )}
      {uptimeS !== undefined && <Fact name={say('uptime')}>{formatSpan(uptimeS * 1000, language)}</Fact>}
      <Unsent hub={hub} />
      {diskPercent !== undefined && (
        <Fact name={say('disk')}>
          {`${diskPercent} %`}
          {diskAlarm !== 'none' && ` · ${say(diskAlarm)}`}
        </Fact>
      )}
      {radio !== undefined && (
        <Fact name={say('radio')}>
          {say(radio.state)}
          {radio.silentForS > QUIET_S && ` · ${say('silent')} ${formatSpan(radio.silentForS * 1000, language)}`}
          {radio.step !== undefined && ` · ${say('tried')}: ${say(radio.step)}`}
        </Fact>
      )}
      {clockSynced !== undefined && <Fact name={say('clock')}>{say(clockSynced ? 'synced' : 'unsynced')}</Fact>}
      {hub.certificateEndsAt !== undefined && (
        <Fact name={say('certificate')}>{formatDate(hub.certificateEndsAt, language)}</Fact>
      )}
      {hub.installation !== undefined && (
        <Fact name={say('installation')}>
          {`${hub.installation.id} · ${installationState(hub.installation.state, language)} · ${say('revision')} ${hub.installation.revision}`}
        </Fact>
      )}
      {problem !== undefined && <Fact name={say('fault')}>{problemWords(problem, language)}</Fact>}
    </dl>
  )
}

function Unsent({ hub }: { readonly hub: FleetHub }) {
  const say = useWords(FLEET_WORDS)
  const language = useLanguage()
  const { unsent, oldestUnsentS } = hub
  if (unsent === undefined) return null
  return (
    <Fact name={say('unsent')}>
      {unsent === 0 ? say('nothing') : unsent}
      {unsent > 0 && oldestUnsentS !== undefined && ` · ${say('oldest')} ${formatSpan(oldestUnsentS * 1000, language)}`}
    </Fact>
  )
}

/** broker/installations: registered, commissioned, ended. */
function installationState(state: string, language: 'da' | 'en'): string {
  if (language === 'en') return state
  return { registered: 'oprettet', commissioned: 'sat i drift', ended: 'afsluttet' }[state] ?? state
}
