import type { Installation } from '../../broker/contract/installation.ts'
import type { Step, VisitRecord } from './record.ts'

/** How the record of a visit goes on: what is kept of it, and what is begun anew. Pure. */

/** A visit that begins. */
export type Begun = Pick<VisitRecord, 'visit' | 'startedAt'>

/** The device's place in the kit, with nothing known of what stands in it. */
export const freshStep = ({ id, driver, slots }: Pick<Step, 'id' | 'driver' | 'slots'>): Step => ({
  id,
  driver,
  ...(slots === undefined ? {} : { slots }),
  state: 'waiting',
  options: {},
  met: false,
})

/** What was proven before stands, until somebody tries it anew. What was told in a report is not told again. */
export function nextVisit({ report: _, deliveredAt, removed, ...standing }: VisitRecord, begun: Begun): VisitRecord {
  const untold = deliveredAt === undefined && removed !== undefined ? { removed } : {}
  return { ...standing, ...untold, ...begun }
}

/** Steps whose device is to stand here no longer. Under the same id another driver is another device. */
export function goneSteps(steps: readonly Step[], { devices }: Installation): Step[] {
  const wanted = new Map(devices.map(({ id, driver }) => [id, driver]))
  return steps.filter(({ id, driver }) => wanted.get(id) !== driver)
}

/** The steps of an installation; progress with devices that stay is kept. */
export function stepsFor({ devices }: Installation, before: readonly Step[]): Step[] {
  return devices.map(({ id, driver, slots }) => {
    const known = before.find((step) => step.id === id && step.driver === driver)
    const { slots: _, ...kept } = known ?? freshStep({ id, driver })
    return { ...kept, ...(slots === undefined ? {} : { slots }) }
  })
}

/** What was proven once and is taken down now. */
export function removedOf({ id, driver, model, serial, state }: Step): NonNullable<VisitRecord['removed']> {
  if (state !== 'confirmed') return []
  return [{ id, driver, ...(model === undefined ? {} : { model }), ...(serial === undefined ? {} : { serial }) }]
}
