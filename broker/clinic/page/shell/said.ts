/** Apart from language.ts so that what is pure needs no browser. */

export type Language = 'da' | 'en'

/** One thing that the page says, in both languages; each folder has its own `words.ts`. */
export type Said = Readonly<Record<Language, string>>
