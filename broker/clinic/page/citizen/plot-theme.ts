/** Colours of the page for what is drawn on a canvas, which knows no CSS variables. */

const NAMES = ['ink', 'soft', 'paper', 'grid', 'red', 'yellow', 'blue', 'good', 'first', 'second'] as const
export type Colour = (typeof NAMES)[number]
export interface Theme {
  readonly colours: Readonly<Record<Colour, string>>
  readonly font: string
}

/** @param within an element of the page: the colours are those that hold there */
export function themeOf(within: HTMLElement): Theme {
  const probe = document.createElement('span')
  probe.hidden = true
  within.append(probe)
  const style = getComputedStyle(probe)
  const colours = Object.fromEntries(
    NAMES.map((name) => {
      probe.style.color = `var(--plot-${name})`
      return [name, style.color]
    }),
  ) as Record<Colour, string>
  const font = style.fontFamily
  probe.remove()
  return { colours, font }
}

/** Calls back when the page becomes light or dark. @returns ends it */
export function onThemeChange(changed: () => void): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  dark.addEventListener('change', changed)
  return () => dark.removeEventListener('change', changed)
}
