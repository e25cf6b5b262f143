/** Moves the focus once what is to have it has been drawn. @param within id of an element @param what a CSS selector */
export function focusWithin(within: string, what: string): void {
  requestAnimationFrame(() => document.getElementById(within)?.querySelector<HTMLElement>(what)?.focus())
}
