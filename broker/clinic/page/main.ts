import { askEarly } from './shell/early.ts'
import { fetchPart } from './shell/pages.ts'
import { placeOf } from './shell/place.ts'

/** The first few kilobytes: what takes time is asked for before the rest of the page is even compiled. */

askEarly()
const { page } = placeOf(location.hash)
// One that can't be had is asked for again by the shell, which says so.
if (page !== 'work-list') fetchPart(page).catch(() => undefined)
// Not awaited here: the shell imports what this file is built together with, and would wait for it in turn.
void import('./shell/open-shell.tsx').then(({ openShell }) => openShell())
