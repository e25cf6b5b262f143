import type { Said } from '../shell/said.ts'

export const WORDS = {
  title: { da: 'Log ind', en: 'Sign in' },
  ended: {
    da: 'Du er logget ud, fordi siden ikke har været brugt et stykke tid, eller vagten er slut. Log ind for at fortsætte, hvor du var.',
    en: 'You were signed out because the page was not used for a while, or the shift is over. Sign in to go on where you were.',
  },
  chosen: { da: 'Du er logget ud.', en: 'You are signed out.' },
  unsure: {
    da: 'Siden er lukket, men serveren svarede ikke: den logger dig først ud, når siden ikke har været brugt i 15 minutter.',
    en: 'The page is closed, but the server did not answer: it signs you out only after 15 minutes without use.',
  },
  user: { da: 'Bruger', en: 'User' },
  password: { da: 'Adgangskode', en: 'Password' },
  code: { da: 'Kode fra din godkendelses-app', en: 'Code of your authenticator app' },
  codeHint: { da: 'Seks cifre', en: 'Six digits' },
  codeWanted: { da: 'Skriv koden fra din godkendelses-app.', en: 'Write the code of your authenticator app.' },
  enter: { da: 'Log ind', en: 'Sign in' },
  provider: { da: 'Log ind med organisationens login', en: "Sign in with your organisation's account" },
  or: { da: 'eller', en: 'or' },
  form: {
    da: 'Bruger er 4 til 32 tegn: små bogstaver, tal og bindestreg.',
    en: 'The user has 4 to 32 characters: small letters, digits and hyphens.',
  },
  otherLanguage: { da: 'English', en: 'Dansk' },
  factorTitle: { da: 'Opret din godkendelses-app', en: 'Set up your authenticator app' },
  factorWhy: {
    da: 'Første gang du logger ind, skal du bruge en godkendelses-app på din telefon. Tilføj en konto i appen med denne nøgle. Den vises kun nu.',
    en: 'The first time you sign in you need an authenticator app on your telephone. Add an account in the app with this key. It is shown only now.',
  },
  secret: { da: 'Nøgle', en: 'Key' },
  openApp: { da: 'Åbn i appen på denne enhed', en: 'Open in the app on this device' },
  confirm: { da: 'Bekræft', en: 'Confirm' },
  wrongCode: {
    da: 'Koden passer ikke. Vent på den næste kode i appen, og prøv igen.',
    en: 'The code is wrong. Wait for the next code in the app and try again.',
  },
  taken: {
    da: 'Kontoen har allerede en godkendelses-app. Log ind igen med koden fra den.',
    en: 'The account has an authenticator app already. Sign in again with its code.',
  },
  startOver: { da: 'Log ind som en anden', en: 'Sign in as somebody else' },
} as const satisfies Record<string, Said>
