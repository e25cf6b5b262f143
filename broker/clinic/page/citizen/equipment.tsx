import type { Overview, ShownDevice, ShownHub } from '../../shapes.ts'
import { Expected } from '../shell/expected.tsx'
import { Fact } from '../shell/fact.tsx'
import { useLanguage, useWords } from '../shell/language.ts'
import { When } from '../shell/when.tsx'
import { batteryText, clockText, hubStateText, hubTroubles, isTroubled, problemText } from './equipment-words.ts'
import { EQUIPMENT_WORDS, PAGE_WORDS } from './words.ts'

/** What stands in the home and whether it works. */
export function Equipment({ overview }: { readonly overview: Overview }) {
  const say = useWords(PAGE_WORDS)
  return (
    <section class="card" aria-labelledby="equipment">
      <h2 id="equipment">{say('devices')}</h2>
      {overview.devices.length === 0 && <p class="soft">{say('noDevices')}</p>}
      <ul class="plain">
        {overview.devices.map((device) => (
          <Device key={`${device.device}/${device.slot ?? ''}`} device={device} />
        ))}
      </ul>
      {overview.hubs.length > 0 && <h3>{say('hubs')}</h3>}
      <ul class="plain">
        {overview.hubs.map((hub) => (
          <Hub key={hub.hub} hub={hub} />
        ))}
      </ul>
    </section>
  )
}

function Device({ device }: { readonly device: ShownDevice }) {
  const language = useLanguage()
  const say = useWords(EQUIPMENT_WORDS)
  const { model, driver, firmware, batteryPercent, lastSeen, lastReading, expectedBy, clockOffsetMs } = device
  const { problem, slot } = device
  return (
    <li class={isTroubled(device) ? 'equipment troubled' : 'equipment'}>
      <p>
        <strong>{model ?? driver}</strong> <small>{device.device}</small>
      </p>
      {problem !== undefined && <p class="trouble">{`${say('problem')}: ${problemText(problem, language)}`}</p>}
      <dl>
        {lastReading !== undefined && (
          <Fact name={say('lastReading')}>
            <When at={lastReading} />
          </Fact>
        )}
        <Fact name={say('lastSeen')}>{lastSeen === undefined ? say('never') : <When at={lastSeen} />}</Fact>
        {expectedBy !== undefined && <Expected by={expectedBy} />}
        {batteryPercent !== undefined && <Fact name={say('battery')}>{batteryText(batteryPercent, language)}</Fact>}
        {clockOffsetMs !== undefined && <Fact name={say('clock')}>{clockText(clockOffsetMs, language)}</Fact>}
        {firmware !== undefined && <Fact name={say('firmware')}>{firmware}</Fact>}
        {slot !== undefined && <Fact name={say('slot')}>{slot}</Fact>}
      </dl>
    </li>
  )
}

function Hub({ hub }: { readonly hub: ShownHub }) {
  const language = useLanguage()
  const say = useWords(EQUIPMENT_WORDS)
  const troubles = hubTroubles(hub, language)
  const fine = hub.state === 'online' && troubles.length === 0
  return (
    <li class={fine ? 'equipment' : 'equipment troubled'}>
      <p>
        <strong>{hub.hub}</strong> {hubStateText(hub, language)}
        {hub.since !== undefined && (
          <>
            {' '}
            {say('since')} <When at={hub.since} absolute />
          </>
        )}
      </p>
      {troubles.map((trouble) => (
        <p class="trouble" key={trouble}>
          {trouble}
        </p>
      ))}
      <dl>
        {hub.lastHeard !== undefined && (
          <Fact name={say('lastHeard')}>
            <When at={hub.lastHeard} />
          </Fact>
        )}
        {hub.version !== undefined && <Fact name={say('version')}>{hub.version}</Fact>}
      </dl>
    </li>
  )
}
