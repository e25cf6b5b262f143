/**
 * Where the focus goes when what had it is taken away: a button is pressed and no longer needed, or a colleague was
 * faster. Without it the browser begins at the top of the page. A home is an element with `data-home`: the link of a
 * row, the sentence of an alert, the heading of a list.
 */

/** Homes around an element, nearest first. To be asked while it is still in the document. */
export function homesOf(element: Element): HTMLElement[] {
  const homes = new Set<HTMLElement>()
  for (let around = element.parentElement; around !== null; around = around.parentElement) {
    const home = around.querySelector<HTMLElement>('[data-home]')
    if (home !== null && home !== element) homes.add(home)
  }
  const heading = document.querySelector<HTMLElement>('main h1')
  return heading === null ? [...homes] : [...homes, heading]
}

/** Gives the focus to the first that is still there. */
export function focusFirst(elements: readonly (Element | undefined)[]): void {
  const first = elements.find((one) => one?.isConnected === true)
  if (!(first instanceof HTMLElement)) return
  if (!first.matches('a[href], button, input, select, textarea, [tabindex]')) first.tabIndex = -1
  first.focus({ preventScroll: true })
}
