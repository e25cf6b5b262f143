import { readFileSync } from 'node:fs'
import { HUB_MAIN } from './mains.ts'

/** Where a test puts what the unit has in fixed places. */
export interface UnitPlaces {
  /** For /etc/precare/hub.json. */
  readonly config: string
  /** For /var/lib/precare. */
  readonly state: string
  /** For /opt/precare; may be empty. */
  readonly root: string
}

/** What the unit gives to Node at each start, with the sources for the installed release. */
export function unitCommand({ config, state, root }: UnitPlaces): string[] {
  const unit = readFileSync(new URL('../../gateway/service/precare-hub.service', import.meta.url), 'utf8')
  const line = /^ExecStart=\S+ (.+)$/m.exec(unit)?.[1] ?? ''
  return line
    .replace('/opt/precare/current/gateway/main.js', HUB_MAIN)
    .replace('/etc/precare/hub.json', config)
    .replaceAll('/var/lib/precare', state)
    .replaceAll('/opt/precare', root)
    .split(' ')
}
