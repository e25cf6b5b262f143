import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { readPageFiles } from '../../../../broker/clinic/page-files.ts'
import { hasChromium } from '../../../support/chromium-installed.ts'
import { optional } from '../../../support/optional.ts'
import { NURSE, openStage, type Stage } from './page-stage.ts'
import { aList, anAlert, anItem, changeOf, citizenNamed } from './work-fixture.ts'

/** A screen on a wall that nobody touches, and what a browser has to fetch before it shows anything. */

const HOURS = 24
/** A busy ward: one every ten minutes. */
const CHANGES_AN_HOUR = 6
/** In one hour of so many the first change comes while the broker is heard all the time; else the line is found dead and opened again. */
const STEADY_EVERY = 4
const BEAT_MS = 15_000
const BEATS = 40
/** What V8 compiles and caches while the page is used; a list that was kept at each look would be 30 MB. */
const MAX_GROWTH_BYTES = 1_000_000
/** The heap holds little of a node: a row that was kept at each change would be thousands of them. */
const MAX_MORE_NODES = 100
/** One that was kept in each hour would be 23. */
const MAX_MORE_LISTENERS = 10
const MAX_FIRST_LOAD_BYTES = 200_000

const WARD = aList(Array.from({ length: 40 }, (_, n) => anItem(citizenNamed(n), n < 5 ? 'red' : 'yellow')))
/** All rows are drawn in any window; how much of it is painted again at each change is not looked at here. */
const SMALL = { width: 640, height: 400 }

interface Measured {
  readonly heap: number
  readonly elements: number
  /** Also those that are no longer in the document and not let go of. */
  readonly nodes: number
  readonly listeners: number
}

/** What the page let go of may need more than one look of the collector; what it holds, none takes away. */
const COLLECTIONS = 4

async function measured({ page, context }: Stage): Promise<Measured> {
  const debug = await context.newCDPSession(page)
  let usedSize = Number.POSITIVE_INFINITY
  for (let turn = 0; turn < COLLECTIONS; turn += 1) {
    await debug.send('HeapProfiler.collectGarbage')
    usedSize = Math.min(usedSize, (await debug.send('Runtime.getHeapUsage')).usedSize)
  }
  const { jsEventListeners, nodes } = await debug.send('Memory.getDOMCounters')
  const elements = await page.evaluate<number>('document.querySelectorAll("*").length')
  await debug.detach()
  return { heap: usedSize, elements, nodes, listeners: jsEventListeners }
}

/** An hour in which citizens come on the list and leave it, and at the end all is as it was. */
async function anHour(stage: Stage, hour: number): Promise<void> {
  const { page } = stage
  for (let change = 0; change < CHANGES_AN_HOUR; change += 1) {
    come(stage, Math.floor(change / 2), change % 2 === 0)
    const steady = change === 0 && hour % STEADY_EVERY === 0
    for (let beat = 0; steady && beat < BEATS; beat += 1) {
      await page.clock.runFor(BEAT_MS)
      stage.beat()
    }
    // As a computer that was asleep wakes up: every timer that is due fires once.
    if (!steady) await page.clock.fastForward(BEATS * BEAT_MS)
  }
  const isQuiet = async () =>
    (await page.locator('[data-citizen]').count()) === WARD.items.length &&
    (await page.getByText('Direkte', { exact: true }).isVisible()) &&
    (await page.locator('main.stale, .red-bar:not(.empty)').count()) === 0
  while (!(await isQuiet())) {
    await page.clock.runFor(1_000)
    stage.beat()
  }
}

function come(stage: Stage, n: number, comes: boolean): void {
  const citizen = citizenNamed(100 + n)
  const standing = n % 2 === 0 ? 'red' : 'yellow'
  const alert = anAlert(citizen, standing)
  if (comes) stage.change(changeOf(alert), anItem(citizen, standing))
  else stage.change(changeOf({ ...alert, state: 'closed', revision: 2 }), undefined)
}

optional('chromium', hasChromium)('a page that stays open', () => {
  it('does not grow in a day of changes', { timeout: 180_000 }, async () => {
    const who = { ...NURSE, endsAt: '2026-12-24T00:00:00.000Z' }
    const stage = await openStage({ list: WARD, who, viewport: SMALL, prepare: ({ page }) => page.clock.install() })
    const { page } = stage
    await page.locator('[data-citizen]').first().waitFor()
    await anHour(stage, 0)
    const first = await measured(stage)
    for (let hour = 1; hour < HOURS; hour += 1) await anHour(stage, hour)
    const last = await measured(stage)
    process.stdout.write(
      `heap after 1 h ${first.heap}, after ${HOURS} h ${last.heap} bytes, ${first.nodes} and ${last.nodes} nodes\n`,
    )
    expect(last.heap - first.heap).toBeLessThan(MAX_GROWTH_BYTES)
    expect(last.elements).toBe(first.elements)
    expect(last.nodes - first.nodes).toBeLessThan(MAX_MORE_NODES)
    expect(last.listeners - first.listeners).toBeLessThan(MAX_MORE_LISTENERS)
    // It was a day in which something happened, and the session was kept in use.
    const asked = (path: RegExp) => stage.calls.filter((call) => path.test(call.path)).length
    expect(asked(/work-item$/)).toBeGreaterThan(HOURS)
    expect(asked(/work-list$/)).toBeGreaterThan(HOURS * CHANGES_AN_HOUR)
    expect(asked(/changes$/)).toBeGreaterThan(HOURS)
    expect(stage.faults).toEqual([])
  })

  it('is there with less than 200 kB', () => {
    const bytes = [...readPageFiles().values()].map(({ body }) => gzipSync(body).length)
    expect(bytes.length).toBeGreaterThanOrEqual(3)
    expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThan(MAX_FIRST_LOAD_BYTES)
  })
})
