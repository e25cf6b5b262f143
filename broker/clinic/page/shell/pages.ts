import type { ComponentType } from 'preact'
import type { Place } from './place.ts'

/**
 * Pages that are files of their own: who opens the work list waits for no plot and no editor. The work list itself
 * comes with the shell.
 */

export type PartName = Exclude<Place['page'], 'work-list'>
/** @param citizen of the address; '' where it names none */
export type Part = ComponentType<{ readonly citizen: string }>

const IMPORTS: Readonly<Record<PartName, () => Promise<Part>>> = {
  citizen: () => import('../citizen/citizen-page.tsx').then(({ CitizenPage }) => CitizenPage),
  settings: () => import('../settings/settings-page.tsx').then(({ SettingsPage }) => SettingsPage),
  handover: () => import('../handover/handover-page.tsx').then(({ HandoverPage }) => HandoverPage),
  fleet: () => import('../fleet/fleet-page.tsx').then(({ FleetPage }) => FleetPage),
}

const parts = new Map<PartName, Part>()
const coming = new Map<PartName, Promise<Part>>()

/** What can be drawn at once; undefined: not fetched yet. */
export const partOf = (name: PartName): Part | undefined => parts.get(name)

/** Fetched once; one that could not be is fetched anew. @returns rejects when the file can't be had */
export function fetchPart(name: PartName): Promise<Part> {
  const under = coming.get(name)
  if (under !== undefined) return under
  const part = IMPORTS[name]()
  coming.set(name, part)
  part.then(
    (there) => parts.set(name, there),
    () => coming.delete(name),
  )
  return part
}
