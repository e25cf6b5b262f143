import { useLayoutEffect, useRef } from 'preact/hooks'
import { focusFirst, homesOf } from './focus-home.ts'

/** For a part of a page whose buttons come and go: `<section {...useKeptFocus()}>`. */
export function useKeptFocus(): { readonly onFocusIn: (event: FocusEvent) => void } {
  const last = useRef<{ readonly element: Element; readonly homes: readonly HTMLElement[] } | undefined>(undefined)
  useLayoutEffect(() => {
    const had = last.current
    if (had === undefined || had.element.isConnected) return
    last.current = undefined
    if (document.activeElement === document.body) focusFirst(had.homes)
  })
  return {
    onFocusIn({ target }) {
      last.current = target instanceof Element ? { element: target, homes: homesOf(target) } : undefined
    },
  }
}
