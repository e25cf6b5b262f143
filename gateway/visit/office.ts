import {
  HUB_INSTALLATION_PATH,
  HUB_REPORT_PATH,
  type Installation,
  installationSchema,
} from '../../broker/contract/installation.ts'
import { messageOf, PreCareError } from '../../device-drivers/errors.ts'
import type { HubClock } from '../hub-clock.ts'
import { askOver } from '../identity/ask-over.ts'
import { placeOf } from '../identity/enrol.ts'
import { openSecureLine } from '../identity/secure-line.ts'
import type { HubIdentity } from '../identity/slots.ts'
import type { VisitOffice } from './commissioning.ts'

/** The broker's side of a visit, over HTTPS with the hub's certificate, at the place where it was enrolled. */

/** Codes that the broker may answer with; anything else is a line that fails. */
const REFUSALS = ['access-denied', 'visit-refused', 'payload-malformed', 'config-invalid'] as const

/** @param identity as it is now; @throws PreCareError 'uplink-refused' from it when the hub is not enrolled */
export function openOffice(identity: () => HubIdentity, clock: HubClock): VisitOffice {
  async function ask(method: 'GET' | 'POST', path: string, body: unknown, signal: AbortSignal): Promise<unknown> {
    const { origin, authority, key, certificate } = identity()
    const { host, port } = placeOf(origin)
    const line = await openSecureLine({ host, port, authority, key, certificate }, clock, signal)
    const cut = () => line.destroy()
    signal.addEventListener('abort', cut, { once: true })
    try {
      const asked = { host, method, path, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
      return judged(await askOver(line, asked))
    } catch (error) {
      if (error instanceof PreCareError) throw error
      throw new PreCareError('uplink-lost', messageOf(error), { cause: error })
    } finally {
      signal.removeEventListener('abort', cut)
      line.destroy()
    }
  }

  return {
    async installation(signal): Promise<Installation> {
      const answer = installationSchema.safeParse(await ask('GET', HUB_INSTALLATION_PATH, undefined, signal))
      if (answer.success) return answer.data
      throw new PreCareError('uplink-lost', 'an installation of another version')
    },
    async deliver(report, signal) {
      await ask('POST', HUB_REPORT_PATH, report, signal)
    },
  }
}

function judged({ status, text }: { readonly status: number; readonly text: string }): unknown {
  const json: { error?: { code?: unknown } } = JSON.parse(text)
  if (status === 200) return json
  const code = REFUSALS.find((known) => known === json.error?.code)
  throw new PreCareError(code ?? 'uplink-lost', `the broker answered ${status}`)
}
