import type { z } from 'zod'
import { printable } from '../../broker/contract/commissioning-sheet.ts'
import type { Commissioning } from './commissioning.ts'

import { VISIT_ROUTES } from './routes.ts'

/** What the page's server serves: how things stand, and what can be done. */
export interface Desk {
  view(): Promise<object>
  /** HTML for the printer, once there is a report. */
  sheet(): Promise<string | undefined>
  readonly routes: readonly DeskRoute[]
}

export interface DeskRoute {
  readonly path: `/api/${string}`
  readonly body: z.ZodType
  /** @param id of the path; empty where it has none */
  readonly take: (id: string, body: unknown) => Promise<void> | void
}

export function visitDesk(visit: Commissioning): Desk {
  return {
    view: () => visit.view(),
    async sheet() {
      const { report } = await visit.view()
      return report === undefined ? undefined : printable(report)
    },
    routes: VISIT_ROUTES.map(({ path, body, take }) => ({
      path,
      body,
      take: (id: string, given: unknown) => take(visit, id, given),
    })),
  }
}
