import type { WorkList } from '../../shapes.ts'
import { type Answer, ask } from './calls.ts'
import { readTables } from './format.ts'
import { preference } from './preferences.ts'
import { PAGES } from './role-pages.ts'
import type { Who } from './session.ts'

/** What every visit begins with, asked for before anything is drawn; each answer is taken once. */

let session: Promise<Answer<Who>> | undefined
let list: Promise<Answer<WorkList>> | undefined

/** First thing of the page. */
export function askEarly(): void {
  session = ask<Who>('/v1/session').then((answer) => {
    const may = answer.type === 'fine' && !answer.data.factorMissing && PAGES[answer.data.role].includes('work-list')
    if (may) {
      list = ask<WorkList>('/v1/work-list')
      readTables(preference('language'))
    }
    return answer
  })
}

export function earlySession(): Promise<Answer<Who>> | undefined {
  const taken = session
  session = undefined
  return taken
}

/** Of the session that {@link earlySession} told of. */
export function earlyList(): Promise<Answer<WorkList>> | undefined {
  const taken = list
  list = undefined
  return taken
}
