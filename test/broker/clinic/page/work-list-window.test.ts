import { expect, it } from 'vitest'
import type { Standing, WorkItem } from '../../../../broker/clinic/shapes.ts'
import { hasChromium } from '../../../support/chromium-installed.ts'
import { optional } from '../../../support/optional.ts'
import { openStage } from './page-stage.ts'
import { aList, anAlert, anItem, citizenNamed } from './work-fixture.ts'

/** What of a long list is drawn before anything is painted: the window full, and little more. */

const LONG = 120
/** On a machine that does something else too. */
const WITHIN = { timeout: 20_000 }
const long = (of: (citizen: string) => WorkItem) => aList(Array.from({ length: LONG }, (_, n) => of(citizenNamed(n))))
const bare = (standing: Standing, state: 'open' | 'acknowledged') => (citizen: string) =>
  anItem(citizen, standing, { alerts: [anAlert(citizen, standing, { state })], latest: [] })

/** With nothing drawn in idle moments. */
async function firstRows(
  of: (citizen: string) => WorkItem,
  viewport: { readonly width: number; readonly height: number },
) {
  const { page } = await openStage({
    list: long(of),
    viewport,
    prepare: async (stage) => {
      await stage.page.addInitScript('window.requestIdleCallback = () => 0')
    },
  })
  await expect.poll(() => page.evaluate("performance.getEntriesByName('shown').length"), WITHIN).toBe(1)
  return page.evaluate<{ readonly rows: number; readonly beyond: number }>(`(() => {
    const rows = document.querySelectorAll('li[data-citizen]')
    return { rows: rows.length, beyond: rows[rows.length - 1].getBoundingClientRect().bottom - innerHeight }
  })()`)
}

optional('chromium', hasChromium)('the first paint of a long list', () => {
  it.each([
    ['open alerts', (citizen: string) => anItem(citizen, 'red'), { width: 1366, height: 768 }, 9],
    ['one line each', bare('red', 'open'), { width: 1366, height: 768 }, 9],
    ['one line each, acknowledged', bare('red', 'acknowledged'), { width: 1366, height: 768 }, 12],
    ['one line each, on a wall', bare('blue', 'acknowledged'), { width: 1920, height: 1080 }, 40],
    ['one line each, on a telephone', bare('yellow', 'acknowledged'), { width: 390, height: 844 }, 14],
  ] as const)(
    'fills the window and is not longer than it must be: %s',
    { timeout: 60_000 },
    async (_name, of, viewport, most) => {
      const { rows, beyond } = await firstRows(of, viewport)
      expect(beyond).toBeGreaterThanOrEqual(0)
      expect(rows).toBeLessThanOrEqual(most)
    },
  )
})
