import type { Role } from '../../../rights/decide.ts'

type PageName = 'work-list' | 'citizen' | 'settings' | 'handover' | 'fleet'

const CARE: readonly PageName[] = ['work-list', 'citizen', 'settings', 'handover']
const TECHNICAL: readonly PageName[] = ['fleet']

/** Pages that a role has any use of; the first is where it lands. What may be seen on them the broker decides. */
export const PAGES: Readonly<Record<Role, readonly PageName[]>> = {
  nurse: CARE,
  physician: CARE,
  technician: TECHNICAL,
  administrator: TECHNICAL,
  auditor: [],
}
