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

/** 62 x 29 mm, a common size of address labels. */
const WIDTH_MM = 62
const HEIGHT_MM = 29

const text = (value: string): string => value.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** @param code an SVG of the QR code of `labelText`, 25 x 25 mm @returns SVG */
export function labelSvg({ serial, model, address }: LabelFacts, code: string): string {
  const line = (y: number, size: number, value: string) =>
    `<text x="29" y="${y}" font-family="sans-serif" font-size="${size}">${text(value)}</text>`
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
