import type { Language } from '../sentences.ts'

/** What the page says, besides the sentences about failures. */

const WORDS = {
  title: { da: 'Opsætning i hjemmet', en: 'Set-up in the home' },
  language: { da: 'In English', en: 'På dansk' },
  code: { da: 'Besøgskode (8 cifre)', en: 'Code of the visit (8 digits)' },
  enter: { da: 'Åbn', en: 'Open' },
  wrongCode: {
    da: 'Koden er forkert: læs den igen; efter fem forsøg skal der en ny til.',
    en: 'The code is wrong: read it again; after five tries a new one is needed.',
  },
  gone: {
    da: 'Hubben svarer ikke: er telefonen på husets netværk, og er besøget stadig åbent?',
    en: 'The hub does not answer: is the phone on the network of the house, and is the visit still open?',
  },
  broker: { da: 'Forbindelse til klinikken', en: 'Line to the clinic' },
  radio: { da: 'Bluetooth', en: 'Bluetooth' },
  time: { da: 'Ur', en: 'Clock' },
  ok: { da: 'i orden', en: 'fine' },
  notOk: { da: 'mangler', en: 'missing' },
  fetch: { da: 'Hent installationen fra klinikken', en: 'Fetch the installation from the clinic' },
  fetchAgain: { da: 'Hent igen', en: 'Fetch again' },
  installation: { da: 'Installation', en: 'Installation' },
  waiting: { da: 'venter', en: 'waiting' },
  bound: { da: 'fundet', en: 'found' },
  measured: { da: 'målt, venter på dig', en: 'measured, waiting for you' },
  confirmed: { da: 'færdig', en: 'done' },
  skipped: { da: 'udeladt', en: 'left out' },
  search: { da: 'Søg', en: 'Search' },
  searching: {
    da: 'Hubben lytter. Væk apparatet; nogle skal have en knap holdt nede i 3 sekunder, andre sender først efter en måling.',
    en: 'The hub listens. Wake the device; some need a button held for 3 seconds, others send only after a measurement.',
  },
  meeting: { da: 'Forbinder, parrer og læser apparatet …', en: 'Connecting, pairing and reading the device …' },
  measuring: { da: 'Tag en prøvemåling nu.', en: 'Take a test measurement now.' },
  seconds: { da: 's tilbage', en: 's left' },
  choose: { da: 'Det er det her', en: 'This is it' },
  nameless: { da: 'uden navn', en: 'without a name' },
  weak: { da: 'svagt signal', en: 'weak signal' },
  passkey: { da: 'Kode på apparatet (hvis det viser en)', en: 'Passkey of the device (if it shows one)' },
  confirm: { da: 'Samme værdi på apparatet: bekræft', en: 'Same value on the device: confirm' },
  again: { da: 'Mål igen', en: 'Measure again' },
  skip: { da: 'Udelad', en: 'Leave out' },
  'not-delivered': { da: 'ikke leveret', en: 'not delivered' },
  defective: { da: 'defekt', en: 'defective' },
  later: { da: 'senere', en: 'later' },
  finish: { da: 'Underskriv og send rapporten', en: 'Sign and send the report' },
  delivered: { da: 'Rapporten er modtaget af klinikken.', en: 'The clinic has received the report.' },
  print: { da: 'Vis rapporten til udskrift', en: 'Show the report for printing' },
  trouble: { da: 'Prøver igen', en: 'Trying again' },
  serial: { da: 'Serienummer', en: 'Serial number' },
  software: { da: 'Software', en: 'Software' },
  invitation: {
    da: 'Tekst fra QR-koden, eller koden på 12 tegn',
    en: 'Text of the QR code, or the code of 12 characters',
  },
  byHand: { da: 'Kun til en kode på 12 tegn', en: 'Only for a code of 12 characters' },
  address: { da: 'Adresse (https://…)', en: 'Address (https://…)' },
  fingerprint: { da: 'Fingeraftryk (20 tegn)', en: 'Fingerprint (20 characters)' },
  enrol: { da: 'Tilmeld hubben', en: 'Enrol the hub' },
  starting: {
    da: 'Hubben er tilmeldt og starter nu. Skriv besøgskoden igen om lidt.',
    en: 'The hub is enrolled and starts now. Write the code of the visit again in a moment.',
  },
  slots: { da: 'Brugerplads', en: 'User slot' },
} as const satisfies Record<string, Record<Language, string>>

export type Word = keyof typeof WORDS

export const wordsIn =
  (language: Language) =>
  (word: Word): string =>
    WORDS[word][language]
