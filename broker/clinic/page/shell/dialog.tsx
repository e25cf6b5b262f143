import type { ComponentChildren } from 'preact'
import { useContext, useId, useLayoutEffect, useRef } from 'preact/hooks'
import { focusFirst, homesOf } from './focus-home.ts'
import { UrgentNews } from './urgent-news.ts'

export interface DialogProps {
  readonly title: string
  /** Escape, or a button of the content: the parent stops drawing it. */
  readonly onClose: () => void
  readonly children: ComponentChildren
}

/**
 * A modal dialog: drawn while it is open. The focus goes to its first field (or what has `data-first`) and back to
 * where it was, or near it when that is gone (focus-home.ts); what is urgent is said in it too, because everything
 * outside is silent meanwhile.
 */
export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const name = useId()
  const urgent = useContext(UrgentNews)
  // Not useEffect: its end comes a frame after the dialog is gone, and the focus would be nowhere meanwhile.
  useLayoutEffect(() => {
    const opener = document.activeElement ?? document.body
    const back = opener === document.body ? [] : [opener, ...homesOf(opener)]
    const shown = dialog.current
    shown?.showModal()
    const marked = shown?.querySelector<HTMLElement>('[data-first]')
    ;(marked ?? shown?.querySelector<HTMLElement>('textarea, input, select'))?.focus()
    return () => {
      shown?.close()
      focusFirst(back)
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={name}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      // Keys of the page behind are not meant while this is open.
      onKeyDown={(event) => event.stopPropagation()}
    >
      <p class="urgent-line" role="alert">
        {urgent}
      </p>
      <h2 id={name}>{title}</h2>
      {children}
    </dialog>
  )
}
