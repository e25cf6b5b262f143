import { expect, it } from 'vitest'
import { PAGES } from '../../../../broker/clinic/page/shell/role-pages.ts'
import { type Action, RIGHTS, ROLES } from '../../../../broker/rights/decide.ts'

/** Everything that can be done on the citizen's page itself; the editor of limits says by itself who may not. */
const DONE_THERE: readonly Action[] = ['readings.read', 'alerts.read', 'alerts.handle', 'readings.write']

it("the citizen's page is shown to nobody who may not do what it offers", () => {
  const roles = ROLES.filter((role) => PAGES[role].includes('citizen'))
  expect(roles).toEqual(['nurse', 'physician'])
  for (const role of roles) {
    for (const action of DONE_THERE) expect(RIGHTS[action].by as readonly string[], `${role} ${action}`).toContain(role)
  }
})
