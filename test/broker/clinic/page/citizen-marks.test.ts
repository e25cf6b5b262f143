import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { FLAG_BITS, type Series } from '../../../../broker/clinic/shapes.ts'
import { startChromiumShell } from '../../../support/chromium.ts'
import { hasChromium } from '../../../support/chromium-installed.ts'
import { optional } from '../../../support/optional.ts'
import { before, CITIZEN, NOW, OVERVIEW, RED } from './citizen-data.ts'
import { citizenServer } from './citizen-server.ts'

/** What is on the canvas, by its pixels: who can't read them has the live text and the table. */

const FLAGS = [0, FLAG_BITS.late, FLAG_BITS.doubtful, FLAG_BITS.typed, FLAG_BITS['typed-by-staff']]

/** One reading a day, all of the same value; the newest is plain. */
const SERIES: Series = {
  quantity: 'weight',
  kind: 'weight',
  unit: 'kg',
  decimals: 1,
  at: FLAGS.map((_, index) => Date.parse(before((index + 1) * 24))).reverse(),
  value: FLAGS.map(() => 78),
  flags: FLAGS.toReversed(),
  device: FLAGS.map(() => 0),
  reduced: false,
}

/** Offsets from the middle of a mark, in pixels: middle, a corner, above it, and just beyond a circle's rim. */
const LOOKS = [
  [0, 0],
  [3.4, 3.4],
  [0, -3.4],
  [0, -5],
] as const

/** The plot's pixels around the point that is read now: # ink, . none. */
const pixels = (page: Page): Promise<string> =>
  page.evaluate<string>(`(() => {
    const plot = document.querySelector('.plot')
    const canvas = plot.querySelector('canvas')
    const over = plot.querySelector('.u-over')
    const [, x, y] = /translate\\(([-\\d.]+)px, ([-\\d.]+)px\\)/.exec(plot.querySelector('.plot-here').style.transform)
    const from = [over.offsetLeft + Number(x), over.offsetTop + Number(y)]
    return ${JSON.stringify(LOOKS)}.map(([right, down]) => {
      const [red, , , alpha] = canvas.getContext('2d').getImageData(from[0] + right, from[1] + down, 1, 1).data
      // The line's colour is a dark blue; paper and tints are light or nothing.
      return alpha > 128 && red < 110 ? '#' : '.'
    }).join('')
  })()`)

/** Remembers what is written on a canvas, and how far it reaches beyond it. */
const NOTE_TEXTS = `(() => {
  const { fillText } = CanvasRenderingContext2D.prototype
  window.written = []
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
    const { width } = this.measureText(text)
    const from = x - ({ right: width, center: width / 2 }[this.textAlign] ?? 0)
    window.written.push({ text, beyond: Math.max(-from, from + width - this.canvas.width) })
    return fillText.call(this, text, x, y, ...rest)
  }
})()`

optional('chromium', hasChromium)('the words of a plot', () => {
  it.each([
    ['en', 'sys. yellow above 160', 1280],
    ['da', 'syst. gul over 160', 1280],
    ['en', 'sys. yellow above 160', 420],
  ])('end where the plot ends, in %s: %s, %i wide', { timeout: 60_000 }, async (language, limit, width) => {
    const server = await citizenServer()
    const browser = await startChromiumShell()
    const page = await browser.newPage({ viewport: { width, height: 900 } })
    await page.clock.setFixedTime(NOW)
    await page.addInitScript(NOTE_TEXTS)
    await page.addInitScript((spoken) => localStorage.setItem('precare-language', spoken), language)
    await page.goto(`${server.url}/#/citizens/${CITIZEN}`)
    type Written = { readonly text: string; readonly beyond: number }
    const written = () => page.evaluate<Written[]>('window.written')
    await expect.poll(async () => (await written()).map(({ text }) => text), { timeout: 20_000 }).toContain(limit)
    const texts = await written()
    expect(texts.filter(({ beyond }) => beyond > 0)).toEqual([])
  })
})

optional('chromium', hasChromium)('the marks of a plot', () => {
  it('tell late, doubtful and typed readings from plain ones by their shape', { timeout: 60_000 }, async () => {
    const server = await citizenServer()
    server.overview = () => ({ ...OVERVIEW, rules: [], normals: [], alerts: [], missed: [] })
    server.series = (_citizen, from, to) => ({
      from,
      to,
      devices: [{ device: 'scale-0001', driver: 'uc-352ble' }],
      series: [SERIES],
    })
    const browser = await startChromiumShell()
    const page = await browser.newPage()
    await page.clock.setFixedTime(NOW)
    await page.addInitScript("localStorage.setItem('precare-range', '7')")
    await page.goto(`${server.url}/#/citizens/${CITIZEN}`)
    await page.locator('main.citizen[aria-busy=false] canvas').first().waitFor()
    await page.getByRole('application').focus()
    const seen: string[] = []
    for (const _ of FLAGS) {
      await page.keyboard.press(seen.length === 0 ? 'End' : 'ArrowLeft')
      seen.push(await pixels(page))
    }
    // Which pixels exactly is the renderer's business: no two look the same, and only the late one is hollow.
    expect(new Set(seen).size, seen.join(' ')).toBe(FLAGS.length)
    expect(seen.map((look) => look[0]).join('')).toBe('#.###')
  })

  it('show an episode over all the time that it lasted, with a bar on top', { timeout: 60_000 }, async () => {
    const server = await citizenServer()
    const alert = { ...RED, kinds: ['weight' as const], openedAt: before(3.5 * 24), normalSince: before(1.5 * 24) }
    const evidence = [{ quantity: 'weight', bound: 'alertHigh', at: before(3.5 * 24) }]
    server.overview = () => ({ ...OVERVIEW, rules: [], normals: [], alerts: [{ ...alert, evidence }], missed: [] })
    server.series = (_citizen, from, to) => ({
      from,
      to,
      devices: [{ device: 'scale-0001', driver: 'x' }],
      series: [SERIES],
    })
    const browser = await startChromiumShell()
    const page = await browser.newPage()
    await page.clock.setFixedTime(NOW)
    await page.addInitScript("localStorage.setItem('precare-range', '7')")
    await page.goto(`${server.url}/#/citizens/${CITIZEN}`)
    await page.locator('main.citizen[aria-busy=false] canvas').first().waitFor()
    // Along the top of the plot, at noon of each of the seven days (28 October to 3 November).
    const bar = await page.evaluate<string>(`(() => {
      const canvas = document.querySelector('.plot canvas')
      const over = document.querySelector('.u-over')
      const width = over.clientWidth
      return Array.from({ length: 7 }, (_, day) => {
        const x = over.offsetLeft + (width * (day + 0.5)) / 7
        const [red, green, , alpha] = canvas.getContext('2d').getImageData(x, over.offsetTop + 2, 1, 1).data
        return alpha > 128 && red > 120 && green < 60 ? '#' : '.'
      }).join('')
    })()`)
    expect(bar).toBe('...##..')
  })
})
