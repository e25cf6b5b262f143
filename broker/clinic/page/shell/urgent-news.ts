import { createContext } from 'preact'

/** The newest red that nobody has looked at yet, in a sentence; empty: none. Said also inside an open dialog. */
export const UrgentNews = createContext('')
