import type { Fleet } from '../../shapes.ts'
import type { Trouble } from '../../troubles.ts'
import { formatDate, formatSpan } from '../shell/format.ts'
import type { Language, Said } from '../shell/said.ts'

/** What is wrong with a hub and what to do about it, by the code of the trouble (broker/clinic/troubles.ts). Pure. */

export type FleetHub = Fleet['hubs'][number]

/** now: readings do not come, or will soon not. soon: at the next visit, or when there is time. */
export type Urgency = 'now' | 'soon' | 'fine'

/** The shape beside the word, as everywhere on the page. */
export const URGENCY_SHAPES = { now: 'red', soon: 'yellow', fine: 'calm' } as const satisfies Record<Urgency, string>

/** As few as are worth a telephone call; whatever is not named is looked at when there is time. */
const NOW: ReadonlySet<string> = new Set(['offline', 'problem', 'disk', 'radio', 'unsent'])

export function urgencyOf({ troubles }: FleetHub): Urgency {
  if (troubles.length === 0) return 'fine'
  return troubles.some((code) => NOW.has(code)) ? 'now' : 'soon'
}

interface TroubleWords {
  /** In a list of filters. */
  readonly name: Said
  readonly todo: Said
}

const WORDS: Readonly<Record<Trouble, TroubleWords>> = {
  offline: {
    name: { da: 'Hubben er ikke forbundet', en: 'The hub is not connected' },
    todo: {
      da: 'Bed borgeren se efter strøm og netværkskabel eller mobildækning. Målinger bliver på hubben så længe.',
      en: 'Ask the citizen to check power and network cable or mobile coverage. Readings stay on the hub meanwhile.',
    },
  },
  unheard: {
    name: { da: 'Ikke hørt, siden serveren startede', en: 'Not heard since the server started' },
    todo: {
      da: 'Vent et kvarter. Hører vi stadig intet, så ring til borgeren, som når hubben ikke er forbundet.',
      en: 'Wait a quarter of an hour. If nothing is heard then, call the citizen as for a hub that is not connected.',
    },
  },
  unsent: {
    name: { da: 'Målinger venter på at blive sendt', en: 'Readings wait to be sent' },
    todo: {
      da: 'Linjen er for svag eller afbrudt: se efter router og dækning. Intet er tabt.',
      en: 'The line is too weak or broken: check router and coverage. Nothing is lost.',
    },
  },
  disk: {
    name: { da: 'Lageret er ved at være fuldt', en: 'Storage is nearly full' },
    todo: {
      da: 'Få hubben på nettet, så den kan sende og rydde op. Er den allerede på nettet, så skift kortet.',
      en: 'Get the hub online so that it can send and clear. If it is online already, replace the card.',
    },
  },
  radio: {
    name: { da: 'Bluetooth virker ikke', en: 'Bluetooth does not work' },
    todo: {
      da: 'Bed borgeren tage strømmen fra hubben i ti sekunder. Hjælper det ikke, så skift Bluetooth-adapteren.',
      en: 'Ask the citizen to unplug the hub for ten seconds. If that does not help, replace the Bluetooth adapter.',
    },
  },
  clock: {
    name: { da: 'Hubbens ur er ikke stillet', en: "The hub's clock is not set" },
    todo: {
      da: 'Det retter sig, når hubben har været på nettet. Ellers: spærrer husets router for tid (NTP, port 123)?',
      en: 'It sets itself once the hub has been online. If not: does the router block time (NTP, port 123)?',
    },
  },
  update: {
    name: { da: 'Opdateringen lykkedes ikke', en: 'The update did not succeed' },
    todo: {
      da: 'Hubben kører videre på den forrige version. Meld versionen til leverandøren, og prøv ikke igen imens.',
      en: 'The hub runs on with the version before. Report the version, and do not try again meanwhile.',
    },
  },
  certificate: {
    name: { da: 'Certifikatet bliver ikke fornyet', en: 'The certificate is not being renewed' },
    todo: {
      da: 'Det fornyes af sig selv, når hubben er på nettet. Er det for længst udløbet, så tilmeld hubben igen på et besøg.',
      en: 'It renews itself when the hub is online. If it ended long ago, enrol the hub again at a visit.',
    },
  },
  problem: {
    name: { da: 'Hubben melder en fejl', en: 'The hub reports a fault' },
    todo: { da: 'Kør »doctor« på hubben, og gør som den siger.', en: 'Run doctor on the hub and do as it says.' },
  },
  'device-battery': {
    name: { da: 'Lavt batteri i et apparat', en: 'Low battery in a device' },
    todo: { da: 'Bed borgeren skifte batteri eller lade apparatet op.', en: 'Ask the citizen to change or charge it.' },
  },
  'device-clock': {
    name: { da: 'Et apparats ur går forkert', en: 'The clock of a device is wrong' },
    todo: {
      da: 'Tiderne rettes af sig selv. Stil apparatets ur ved næste besøg.',
      en: 'Times are corrected. Set the clock of the device at the next visit.',
    },
  },
  'device-problem': {
    name: { da: 'Et apparat kan ikke læses', en: 'A device cannot be read' },
    todo: {
      da: 'Bed borgeren måle igen tæt på hubben. Hjælper det ikke, så par apparatet igen ved et besøg.',
      en: 'Ask the citizen to measure again close to the hub. If that does not help, pair it again at a visit.',
    },
  },
}

/** A newer broker may know more of them. */
const TROUBLES: Readonly<Record<string, TroubleWords>> = WORDS

/** @returns its code for a trouble without words: better than silence */
export const troubleName = (code: string, language: Language): string => TROUBLES[code]?.name[language] ?? code

export const troubleTodo = (code: string, language: Language): string | undefined => TROUBLES[code]?.todo[language]

/** With the figures of this hub. @param now ms since 1970 UTC */
export function troubleWords(code: string, hub: FleetHub, now: number, language: Language): string {
  const detail = detailOf(code, hub, now, language)
  const name = troubleName(code, language)
  return detail === undefined ? name : `${name}: ${detail}`
}

function detailOf(code: string, hub: FleetHub, now: number, language: Language): string | undefined {
  const da = language === 'da'
  const { unsent = 0, oldestUnsentS = 0, update, certificateEndsAt, problem, diskPercent } = hub
  const since = hub.since ?? hub.lastHeard
  if (code === 'offline' && since !== undefined) {
    return `${da ? 'i' : 'for'} ${formatSpan(now - Date.parse(since), language)}`
  }
  if (code === 'unsent') {
    const age = formatSpan(oldestUnsentS * 1000, language)
    return da ? `${unsent}, den ældste ${age} gammel` : `${unsent}, the oldest ${age} old`
  }
  if (code === 'disk' && diskPercent !== undefined) return `${diskPercent} %`
  if (code === 'update') return update?.version
  if (code === 'certificate' && certificateEndsAt !== undefined) {
    const ended = Date.parse(certificateEndsAt) < now
    const [past, soon] = da ? ['udløb', 'udløber'] : ['ended', 'ends']
    return `${ended ? past : soon} ${formatDate(certificateEndsAt, language)}`
  }
  if (code === 'problem' && problem !== undefined) return problemWords(problem, language)
  if (code.startsWith('device-')) return devicesWith(code, hub, language)
  return undefined
}

/** Which devices of the hub it is about, and how much. */
function devicesWith(code: string, { devices }: FleetHub, language: Language): string | undefined {
  const told = devices.flatMap(({ device, batteryPercent, problem, clockOffsetMs }) => {
    if (code === 'device-battery' && batteryPercent !== undefined && batteryPercent <= LOW_BATTERY) {
      return [`${device} ${batteryPercent} %`]
    }
    if (code === 'device-problem' && problem !== undefined) return [`${device} (${problemWords(problem, language)})`]
    if (code === 'device-clock' && clockOffsetMs !== undefined && Math.abs(clockOffsetMs) > WRONG_CLOCK_MS) {
      return [`${device} ${formatSpan(Math.abs(clockOffsetMs), language)}`]
    }
    return []
  })
  return told.length === 0 ? undefined : told.join(', ')
}

/** As the broker decides which devices are in trouble (broker/clinic/troubles.ts). */
const LOW_BATTERY = 10
const WRONG_CLOCK_MS = 3600_000
/** Less is how clocks are. */
const CLOCK_TOLERANCE_MS = 2 * 60_000

/** Codes of device-drivers/errors.ts that a hub or a visit to a device ends with. */
const PROBLEMS: Readonly<Record<string, Said>> = {
  'adapter-unavailable': { da: 'Bluetooth-adapteren mangler', en: 'the Bluetooth adapter is missing' },
  'connect-timeout': { da: 'svarer ikke', en: 'does not answer' },
  'link-lost': { da: 'forbindelsen brydes', en: 'the connection breaks' },
  'operation-timeout': { da: 'holder op med at svare', en: 'stops answering' },
  'pairing-failed': { da: 'skal parres igen', en: 'must be paired again' },
  'passkey-wrong': { da: 'koden blev afvist', en: 'the passkey was refused' },
  'device-refused': { da: 'afviser hubben', en: 'refuses the hub' },
  'device-silent': { da: 'høres ikke', en: 'is not heard' },
  'characteristic-missing': { da: 'er en anden model end ventet', en: 'is another model than expected' },
  'packet-malformed': { da: 'sender noget, der ikke kan læses', en: 'sends what cannot be read' },
  'packet-too-short': { da: 'sender noget, der ikke kan læses', en: 'sends what cannot be read' },
  'checksum-wrong': { da: 'data beskadiges undervejs', en: 'data is damaged on the way' },
  'port-unavailable': { da: 'kablet kan ikke åbnes', en: 'the cable cannot be opened' },
  'clock-wrong': { da: 'uret går forkert', en: 'the clock is wrong' },
  'store-failed': { da: 'lageret kan ikke skrives', en: 'storage cannot be written' },
  'store-corrupt': { da: 'lageret er beskadiget', en: 'storage is damaged' },
  'uplink-refused': { da: 'serveren afviser hubben', en: 'the server refuses the hub' },
  'certificate-ended': { da: 'certifikatet er udløbet', en: 'the certificate has ended' },
}

export const problemWords = (code: string, language: Language): string => PROBLEMS[code]?.[language] ?? code

/** @param offsetMs hub minus device */
export function clockWords(offsetMs: number, language: Language): string {
  const da = language === 'da'
  if (Math.abs(offsetMs) < CLOCK_TOLERANCE_MS) return da ? 'går rigtigt' : 'right'
  const span = formatSpan(Math.abs(offsetMs), language)
  if (da) return `${span} ${offsetMs > 0 ? 'bagud' : 'foran'}`
  return `${span} ${offsetMs > 0 ? 'slow' : 'fast'}`
}
