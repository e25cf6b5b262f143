import { PreCareError } from '../device-drivers/errors.ts'

/**
 * The label on the box of a hub: serial number, model and address, and nothing else. A photograph of it opens nothing:
 * what a hub is allowed to do comes from a key that is born inside it.
 */

export interface LabelFacts {
  /** Of the hub's board, or as the maker printed it. */
  readonly serial: string
  readonly model: string
  /** Where to ask about a hub that was found: a web address of the clinic. */
  readonly address: string
}

/** What still can be read in print of 33 mm; the QR code has it too. */
const MOST = { serial: 40, model: 40, address: 80 } as const

/**
 * An address that leads further than to a web page may hold what is nobody's business: the clinic's code for a hub is
 * such a link.
 * @throws PreCareError 'config-invalid' naming the field and what to write
 */
export function checkLabel(facts: LabelFacts): LabelFacts {
  const { address } = facts
  if (!/^https?:\/\/\S+$/.test(address) || !URL.canParse(address)) {
    throw new PreCareError('config-invalid', '--address: write a web address, as "https://clinic.example"')
  }
  if (/[?#@]/.test(address)) {
    throw new PreCareError('config-invalid', '--address: write it without "?", "#" and "@": no code is for a label')
  }
  for (const name of ['serial', 'model', 'address'] as const) {
    const most = MOST[name]
    if (facts[name].length < 1 || facts[name].length > most) {
      throw new PreCareError('config-invalid', `--${name}: write 1 to ${most} characters`)
    }
  }
  return facts
}

/** 62 x 29 mm, a common size of address labels. */
const WIDTH_MM = 62
const HEIGHT_MM = 29
/** Beside the QR code. */
const LEFT_MM = 29
const TEXT_MM = 31
/** Of a character, as part of the size of its font; digits and capitals are 0.5 to 0.75. */
const WIDEST = 0.62

const text = (value: string): string => value.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** @param code an SVG of the QR code of `labelText`, 25 x 25 mm @returns SVG */
export function labelSvg({ serial, model, address }: LabelFacts, code: string): string {
  const line = (y: number, size: number, value: string) => {
    // Whatever font the printer has: what could be wider than the label is pressed to its width.
    const pressed =
      value.length * size * WIDEST > TEXT_MM ? ` textLength="${TEXT_MM}" lengthAdjust="spacingAndGlyphs"` : ''
    return `<text x="${LEFT_MM}" y="${y}" font-family="sans-serif" font-size="${size}"${pressed}>${text(value)}</text>`
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH_MM}mm" height="${HEIGHT_MM}mm" viewBox="0 0 ${WIDTH_MM} ${HEIGHT_MM}">`,
    `<svg x="2" y="2" width="25" height="25">${code}</svg>`,
    line(9, 4, 'PreCare hub'),
    line(15, 3.2, model),
    line(20, 3.2, `S/N ${serial}`),
    line(25, 2.4, address),
    '</svg>',
  ].join('')
}

/** What the QR code of the label says. */
export const labelText = ({ serial, model, address }: LabelFacts): string =>
  `${address}?serial=${encodeURIComponent(serial)}&model=${encodeURIComponent(model)}`
