import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Language, Said } from './said.ts'

export type { Language, Said }

export const LanguageContext = createContext<Language>('da')

/** The word of a table in the reader's language. */
export function useWords<Table extends Readonly<Record<string, Said>>>(table: Table): (word: keyof Table) => string {
  const language = useContext(LanguageContext)
  return (word) => (table[word] as Said)[language]
}

export const useLanguage = (): Language => useContext(LanguageContext)
