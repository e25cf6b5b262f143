import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { toString as qrCode } from 'qrcode'
import { describe, expect, it } from 'vitest'
import { addLabelCommand } from '../../gateway/label-command.ts'
import { startChromiumShell } from '../support/chromium.ts'
import { hasChromium } from '../support/chromium-installed.ts'
import { optional } from '../support/optional.ts'
import { tempDir } from '../support/temp-dir.ts'

const FACTS = { serial: 'sn-1234', model: 'Raspberry Pi 4', address: 'https://clinic.example/hubs' }
const MM_PER_PIXEL = 25.4 / 96

async function label(change: Partial<typeof FACTS> = {}): Promise<string> {
  const { serial, model, address } = { ...FACTS, ...change }
  const out = join(tempDir(), 'label.svg')
  const program = new Command().exitOverride()
  addLabelCommand(program, { machine: 'board-0815', print: () => undefined })
  const args = ['--serial', serial, '--model', model, '--address', address, '--out', out]
  await program.parseAsync(['label', ...args], { from: 'user' })
  expect(statSync(out).mode & 0o777).toBe(0o644)
  return readFileSync(out, 'utf8')
}

describe('the label of a hub', () => {
  it('says serial number, model and address, and nothing else, in print and in its QR code', async () => {
    const svg = await label()
    const printed = [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text)
    expect(printed).toEqual(['PreCare hub', FACTS.model, `S/N ${FACTS.serial}`, FACTS.address])
    const code = await qrCode(`${FACTS.address}?serial=sn-1234&model=Raspberry%20Pi%204`, { type: 'svg', margin: 0 })
    expect(svg).toContain(code)
    // Without those four lines and that code it is an empty frame: no comment, no title, no data.
    const rest = svg.replace(code, '').replaceAll(/<text [^>]*>[^<]*<\/text>/g, '')
    expect(rest).toBe(
      '<svg xmlns="http://www.w3.org/2000/svg" width="62mm" height="29mm" viewBox="0 0 62 29"><svg x="2" y="2" width="25" height="25"></svg></svg>',
    )
  })

  it.each([
    ['the clinic’s code for the hub', 'https://gateway.example:18443/#AAAAAAAAAAAAAAAAAAAAAA.ffff'],
    ['a token', 'https://clinic.example/hubs?token=secret'],
    ['a password', 'https://user:password@clinic.example/'],
    ['no web address', 'javascript:alert(1)'],
  ])('refuses an address with %s, and says what to write', async (_, address) => {
    await expect(label({ address })).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringMatching(/^--address: write/),
    })
  })

  it('refuses more than can be printed, naming the field', async () => {
    await expect(label({ model: 'x'.repeat(41) })).rejects.toThrow(/--model: write 1 to 40/)
    await expect(label({ serial: '' })).rejects.toThrow(/--serial: write 1 to 40/)
  })
})

optional('chromium', hasChromium)('a printed label', () => {
  it('is 62 by 29 mm and holds all of its text, also the longest', { timeout: 60_000 }, async () => {
    const browser = await startChromiumShell()
    const page = await browser.newPage()
    for (const change of [
      {},
      { serial: 'W'.repeat(40), model: 'M'.repeat(40), address: `https://${'w'.repeat(72)}` },
    ]) {
      await page.setContent(await label(change))
      const boxes = await page.evaluate<{ frame: number[]; text: number[][] }>(`(() => {
        const box = (element) => { const { left, top, right, bottom } = element.getBoundingClientRect(); return [left, top, right, bottom] }
        return { frame: box(document.querySelector('svg')), text: [...document.querySelectorAll('text')].map(box) }
      })()`)
      const [left = 0, top = 0, right = 0, bottom = 0] = boxes.frame
      expect([(right - left) * MM_PER_PIXEL, (bottom - top) * MM_PER_PIXEL].map(Math.round)).toEqual([62, 29])
      expect(boxes.text).toHaveLength(4)
      for (const [textLeft = 0, textTop = 0, textRight = 0, textBottom = 0] of boxes.text) {
        expect(textLeft).toBeGreaterThanOrEqual(left)
        expect(textTop).toBeGreaterThanOrEqual(top)
        expect(textRight).toBeLessThanOrEqual(right)
        expect(textBottom).toBeLessThanOrEqual(bottom)
      }
    }
  })
})
