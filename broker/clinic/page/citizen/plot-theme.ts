import { COLOURS, type Colour } from './guides.ts'

/** Colours of the page for what is drawn on a canvas, which knows no CSS variables. */

export interface Theme {
  readonly colours: Readonly<Record<Colour, string>>
  readonly font: string
}

const DARK = '(prefers-color-scheme: dark)'
/** Asking for a colour makes the browser style the page anew: once for light and once for dark. */
const themes = new Map<boolean, Theme>()

/** @param within an element of the page: the colours are those that hold there */
export function themeOf(within: HTMLElement): Theme {
  const { matches } = matchMedia(DARK)
  const theme = themes.get(matches) ?? readTheme(within)
  themes.set(matches, theme)
  return theme
}

function readTheme(within: HTMLElement): Theme {
  const probe = document.createElement('span')
  probe.hidden = true
  within.append(probe)
  const style = getComputedStyle(probe)
  const colours = Object.fromEntries(
    COLOURS.map((name) => {
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
  const dark = matchMedia(DARK)
  dark.addEventListener('change', changed)
  return () => dark.removeEventListener('change', changed)
}
