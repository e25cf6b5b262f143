import type { Role } from '../../../rights/decide.ts'
import type { Said } from './said.ts'

export const WORDS = {
  product: { da: 'PreCare', en: 'PreCare' },
  skip: { da: 'Gå til indholdet', en: 'Skip to content' },
  navigation: { da: 'Sider', en: 'Pages' },
  'work-list': { da: 'Arbejdsliste', en: 'Work list' },
  handover: { da: 'Vagtskifte', en: 'Hand-over' },
  fleet: { da: 'Udstyr', en: 'Equipment' },
  citizen: { da: 'Borger', en: 'Citizen' },
  settings: { da: 'Grænser og plan', en: 'Limits and plan' },
  otherLanguage: { da: 'English', en: 'Dansk' },
  signOut: { da: 'Log ud', en: 'Sign out' },
  soundOn: { da: 'Lyd til', en: 'Sound on' },
  soundOff: { da: 'Lyd fra', en: 'Sound off' },
  soundBlocked: { da: 'Lyden er spærret: slå til', en: 'Sound is blocked: turn on' },
  opening: { da: 'Forbinder …', en: 'Connecting …' },
  live: { da: 'Direkte', en: 'Live' },
  cut: { da: 'Ser efter hvert 15. sekund', en: 'Looking every 15 seconds' },
  stale: { da: 'Ingen forbindelse siden', en: 'No connection since' },
  newRed: { da: 'Ny rød alarm', en: 'New red alert' },
  reds: { da: 'Nye røde alarmer', en: 'New red alerts' },
  open: { da: 'Åbn', en: 'Open' },
  seen: { da: 'Set', en: 'Seen' },
  moreReds: { da: 'røde til', en: 'more reds' },
  noPage: {
    da: 'Din rolle har ingen side her. Tal med jeres administrator, hvis det er forkert.',
    en: 'Your role has no page here. Ask your administrator if that is wrong.',
  },
  elsewhere: { da: 'Siden er ikke for din rolle.', en: 'This page is not for your role.' },
  unreachable: {
    da: 'Ingen forbindelse til serveren. Prøver igen …',
    en: 'No connection to the server. Trying again …',
  },
  fetching: { da: 'Henter siden …', en: 'Fetching the page …' },
  unfetched: {
    da: 'Siden kunne ikke hentes: ingen forbindelse til serveren.',
    en: 'The page could not be fetched: no connection to the server.',
  },
  replaced: {
    da: 'Der er installeret en ny version. Hent siden på ny for at gå videre. Det, du har skrevet og ikke gemt, går tabt.',
    en: 'A new version was installed. Load the page anew to go on. What you have typed and not saved will be lost.',
  },
  tryAgain: { da: 'Prøv igen', en: 'Try again' },
  reload: { da: 'Hent på ny', en: 'Load anew' },
  leaveTitle: { da: 'Forlad siden uden at gemme?', en: 'Leave without saving?' },
  leaveText: { da: 'Det, du har skrevet her, går tabt.', en: 'What you have typed here will be lost.' },
  stay: { da: 'Bliv på siden', en: 'Stay on the page' },
  leave: { da: 'Forlad siden', en: 'Leave the page' },
  endsSoon: { da: 'Du bliver logget ud kl.', en: 'You will be signed out at' },
  again: { da: 'Log ind igen nu', en: 'Sign in again now' },
} as const satisfies Record<string, Said>

export const ROLES: Readonly<Record<Role, Said>> = {
  nurse: { da: 'sygeplejerske', en: 'nurse' },
  physician: { da: 'læge', en: 'physician' },
  technician: { da: 'tekniker', en: 'technician' },
  administrator: { da: 'administrator', en: 'administrator' },
  auditor: { da: 'revisor', en: 'auditor' },
}
