import { useState } from 'preact/hooks'
import { Shape } from '../shell/badge.tsx'
import { useNow } from '../shell/clock.ts'
import { useLanguage, useWords } from '../shell/language.ts'
import { When } from '../shell/when.tsx'
import { DeviceList } from './device-list.tsx'
import { FLEET_WORDS } from './fleet-words.ts'
import { HubFacts } from './hub-facts.tsx'
import { type FleetHub, troubleTodo, troubleWords, URGENCY_SHAPES, urgencyOf } from './trouble-words.ts'

/** One hub: how urgent, when it was last heard, what is wrong and what to do; the rest behind a click. */
export function HubCard({ hub }: { readonly hub: FleetHub }) {
  const say = useWords(FLEET_WORDS)
  const [open, setOpen] = useState(false)
  const urgency = urgencyOf(hub)
  const { lastHeard, version, installation, troubles } = hub
  return (
    <li class={`hub ${urgency}`}>
      <h3>
        <span class={`badge ${URGENCY_SHAPES[urgency]}`}>
          <Shape standing={URGENCY_SHAPES[urgency]} /> {say(urgency)}
        </span>{' '}
        {hub.hub}
      </h3>
      <p class="brief">
        <span>
          {`${say('lastHeard')} `}
          {lastHeard === undefined ? say('never') : <When at={lastHeard} />}
        </span>
        {version !== undefined && <span>{`${say('version')} ${version}`}</span>}
        {installation !== undefined && <span>{`${say('installation')} ${installation.id}`}</span>}
      </p>
      {troubles.length > 0 && (
        <ul class="troubles">
          {troubles.map((code) => (
            <Trouble key={code} code={code} hub={hub} />
          ))}
        </ul>
      )}
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          {say('more')}
          <span class="hidden-text">{` ${hub.hub}`}</span>
        </summary>
        {open && (
          <>
            <HubFacts hub={hub} />
            <DeviceList devices={hub.devices} />
          </>
        )}
      </details>
    </li>
  )
}

function Trouble({ code, hub }: { readonly code: string; readonly hub: FleetHub }) {
  const language = useLanguage()
  const what = useNow((now) => troubleWords(code, hub, now, language))
  return (
    <li>
      <b>{what}.</b> {troubleTodo(code, language)}
    </li>
  )
}
