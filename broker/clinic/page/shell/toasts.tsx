import { type ComponentChildren, createContext } from 'preact'
import { useCallback, useContext, useEffect, useRef, useState } from 'preact/hooks'

/** Long enough to read two sentences; it says only what has just been done, or can be seen elsewhere. */
const SHOWN_MS = 8_000

const TellContext = createContext<(text: string) => void>(() => undefined)

/** Says in a corner, and to a screen reader, what has just happened: `const tell = useTell()`. */
export const useTell = (): ((text: string) => void) => useContext(TellContext)

/** Holds the one place where such things are said: the newest, for eight seconds. */
export function Toasts({ children }: { readonly children: ComponentChildren }) {
  const [text, setText] = useState('')
  const timer = useRef<number | undefined>(undefined)
  const tell = useCallback((said: string) => {
    window.clearTimeout(timer.current)
    setText(said)
    timer.current = window.setTimeout(() => setText(''), SHOWN_MS)
  }, [])
  useEffect(() => () => window.clearTimeout(timer.current), [])
  return (
    <TellContext.Provider value={tell}>
      {children}
      <p class="toast" role="status" aria-live="polite">
        {text}
      </p>
    </TellContext.Provider>
  )
}
