import type { Assigned, Assignments, Held } from '../../shapes.ts'
import { formatMoment } from '../shell/format.ts'
import { dateTimeText, isoOfText } from '../shell/local-time.ts'
import { kindName } from '../shell/names.ts'
import type { Language } from '../shell/said.ts'

/** Whose held readings are: what is typed, what is wrong with it, and what will happen. Pure. */

export interface AssignmentDraft {
  readonly citizen: string
  readonly slot: string
  /** Local: `2026-11-22T14:05`. */
  readonly from: string
}

/** The body of `PUT /v1/devices/:device/assignment`. */
export interface Assignment {
  readonly citizen: string
  readonly slot?: number
  readonly from: string
}

export type AssignmentProblem = 'citizenWrong' | 'citizenCpr' | 'slotWrong' | 'fromWrong'

/** From the minute of the oldest one on: all of them. */
export const draftFor = ({ slot, oldest }: Held): AssignmentDraft => ({
  citizen: '',
  slot: slot === undefined ? '' : String(slot),
  from: dateTimeText(oldest),
})

const ID = /^[a-z0-9-]{4,32}$/
const CPR = /^\d{6}-?\d{4}$/

/** @param now ms since 1970 UTC */
export function readAssignment(
  draft: AssignmentDraft,
  now: number,
): {
  readonly assignment: Assignment | undefined
  readonly problems: Readonly<Partial<Record<keyof AssignmentDraft, AssignmentProblem>>>
} {
  const problems: Partial<Record<keyof AssignmentDraft, AssignmentProblem>> = {}
  const citizen = draft.citizen.trim()
  const slot = draft.slot.trim()
  const from = isoOfText(draft.from)
  if (CPR.test(citizen)) problems.citizen = 'citizenCpr'
  else if (!ID.test(citizen)) problems.citizen = 'citizenWrong'
  if (slot !== '' && !(/^\d{1,3}$/.test(slot) && Number(slot) <= 255)) problems.slot = 'slotWrong'
  if (from === undefined || Date.parse(from) > now) problems.from = 'fromWrong'
  if (from === undefined || Object.keys(problems).length > 0) return { assignment: undefined, problems }
  return { assignment: { citizen, from, ...(slot === '' ? {} : { slot: Number(slot) }) }, problems }
}

/** `12 målinger (blodtryk og puls)` */
export function countWords({ count, kinds }: Pick<Held, 'count' | 'kinds'>, language: Language): string {
  const names = kinds.map((kind) => kindName(kind, language).toLowerCase()).join(', ')
  if (language === 'da') return `${count} ${count === 1 ? 'måling' : 'målinger'} (${names})`
  return `${count} ${count === 1 ? 'reading' : 'readings'} (${names})`
}

/** What confirming will do; how many of those measured before `from` stay behind is not known here, and said so. */
export function releaseWords(held: Held, { citizen, slot, from }: Assignment, now: number, language: Language): string {
  const da = language === 'da'
  const moment = formatMoment(from, now, language)
  const place = slot === undefined ? '' : da ? `, plads ${slot},` : `, slot ${slot},`
  const taken = da
    ? `${citizen} får ${held.device}${place} fra ${moment}.`
    : `${citizen} gets ${held.device}${place} from ${moment}.`
  const all = countWords(held, language)
  // A field holds whole minutes, and the oldest was measured within one.
  if (Date.parse(from) <= Date.parse(held.oldest))
    return `${taken} ${da ? `${all} frigives.` : `${all} will be released.`}`
  if (Date.parse(from) > Date.parse(held.newest)) {
    return `${taken} ${da ? 'Ingen af målingerne frigives: de er alle ældre.' : 'No readings will be released: all are older.'}`
  }
  return `${taken} ${
    da
      ? `Af ${all} frigives de, der er målt fra da af; resten bliver liggende.`
      : `Of ${all}, those measured from then on will be released; the others stay.`
  }`
}

/** Who loses the device or slot by it; undefined when nobody does. */
export const formerOf = (
  known: Assignments,
  { citizen, slot, from }: Assignment,
): Assignments['assignments'][number] | undefined =>
  known.assignments.find(
    (one) => one.slot === slot && one.citizen !== citizen && one.from < from && (one.to === undefined || one.to > from),
  )

/** @param citizen undefined: somebody on whom there is no grant */
export function endsWords(citizen: string | undefined, language: Language): string {
  if (language === 'da') return `Tildelingen til ${citizen ?? 'en borger, I ikke har adgang til,'} slutter da.`
  return `The assignment to ${citizen ?? 'a citizen on whom you have no grant'} ends then.`
}

/** What has been done, as the broker counted it. */
export function doneWords({ device, released }: Assigned, citizen: string, language: Language): string {
  if (language === 'da') {
    return `${device} er tildelt ${citizen}. ${released} ${released === 1 ? 'måling er frigivet' : 'målinger er frigivet'}.`
  }
  return `${device} is assigned to ${citizen}. ${released} ${released === 1 ? 'reading was' : 'readings were'} released.`
}
