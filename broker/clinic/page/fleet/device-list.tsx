import { Expected } from '../shell/expected.tsx'
import { Fact } from '../shell/fact.tsx'
import { useLanguage, useWords } from '../shell/language.ts'
import { When } from '../shell/when.tsx'
import { FLEET_WORDS } from './fleet-words.ts'
import { clockWords, type FleetHub, problemWords } from './trouble-words.ts'

/** The devices of a hub. One that measures now and then has been seen and is expected, and is never online or offline. */
export function DeviceList({ devices }: { readonly devices: FleetHub['devices'] }) {
  const say = useWords(FLEET_WORDS)
  const language = useLanguage()
  if (devices.length === 0) return <p class="soft">{say('noDevices')}</p>
  return (
    <>
      <h4>{say('devices')}</h4>
      <ul class="devices">
        {devices.map((one) => (
          <li key={`${one.device} ${one.slot ?? ''}`}>
            <b>{one.model ?? one.driver}</b> {one.device}
            <dl class="facts">
              <Fact name={say('lastSeen')}>{one.lastSeen === undefined ? '–' : <When at={one.lastSeen} />}</Fact>
              <Fact name={say('lastReading')}>
                {one.lastReading === undefined ? '–' : <When at={one.lastReading} />}
              </Fact>
              {one.expectedBy !== undefined && <Expected by={one.expectedBy} />}
              {one.batteryPercent !== undefined && <Fact name={say('battery')}>{`${one.batteryPercent} %`}</Fact>}
              {one.clockOffsetMs !== undefined && (
                <Fact name={say('clock')}>{clockWords(one.clockOffsetMs, language)}</Fact>
              )}
              {one.firmware !== undefined && <Fact name={say('firmware')}>{one.firmware}</Fact>}
              <Fact name={say('driver')}>{one.driver}</Fact>
              {one.slot !== undefined && <Fact name={say('slot')}>{one.slot}</Fact>}
              <Fact name={say('assigned')}>{say(one.assigned ? 'yes' : 'no')}</Fact>
              {one.problem !== undefined && <Fact name={say('fault')}>{problemWords(one.problem, language)}</Fact>}
            </dl>
          </li>
        ))}
      </ul>
    </>
  )
}
