import type { Language } from './said.ts'

/** What this browser remembers: how somebody likes the page, nothing of any person. A browser that keeps nothing works too. */

interface Preferences {
  readonly language: Language
  readonly sound: 'on' | 'off'
  /** Days that the plots of a citizen go back. */
  readonly range: '30' | '7' | '90' | '365'
}

const ALLOWED: { readonly [name in keyof Preferences]: readonly Preferences[name][] } = {
  language: ['da', 'en'],
  sound: ['on', 'off'],
  range: ['30', '7', '90', '365'],
}

export function preference<Name extends keyof Preferences>(name: Name): Preferences[Name] {
  const [usual] = ALLOWED[name] as readonly [Preferences[Name], ...Preferences[Name][]]
  try {
    return ALLOWED[name].find((value) => value === localStorage.getItem(`precare-${name}`)) ?? usual
  } catch {
    return usual
  }
}

export function prefer<Name extends keyof Preferences>(name: Name, value: Preferences[Name]): void {
  try {
    localStorage.setItem(`precare-${name}`, value)
  } catch {
    // Not remembered; it holds until the page is closed.
  }
}
