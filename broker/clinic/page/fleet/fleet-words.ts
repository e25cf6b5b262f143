import type { Held } from '../../shapes.ts'
import type { Language, Said } from '../shell/said.ts'

export const FLEET_WORDS = {
  heading: { da: 'Udstyr', en: 'Equipment' },
  loading: { da: 'Henter …', en: 'Loading …' },
  again: { da: 'Prøv igen', en: 'Try again' },
  refresh: { da: 'Hent igen', en: 'Fetch again' },
  asOf: { da: 'Hentet', en: 'Fetched' },
  cut: {
    da: 'Ingen forbindelse til serveren. Tallene er fra',
    en: 'No connection to the server. The figures are from',
  },
  hubs: { da: 'Hubber', en: 'Hubs' },
  all: { da: 'Alle', en: 'All' },
  now: { da: 'Handl nu', en: 'Act now' },
  soon: { da: 'Se på det', en: 'Have a look' },
  fine: { da: 'I orden', en: 'Fine' },
  search: {
    da: 'Søg efter hub, apparat, model eller installation',
    en: 'Search for hub, device, model or installation',
  },
  trouble: { da: 'Problem', en: 'Trouble' },
  version: { da: 'Version', en: 'Version' },
  any: { da: 'alle', en: 'all' },
  none: { da: 'Ingen hubber passer til søgningen.', en: 'No hubs match.' },
  noHubs: { da: 'Klinikken har ingen hubber endnu.', en: 'The clinic has no hubs yet.' },
  previous: { da: 'Forrige', en: 'Previous' },
  next: { da: 'Næste', en: 'Next' },
  pages: { da: 'Sider med hubber', en: 'Pages of hubs' },
  lastHeard: { da: 'Sidst hørt', en: 'Last heard' },
  never: { da: 'ikke siden serveren startede', en: 'not since the server started' },
  online: { da: 'forbundet', en: 'connected' },
  offline: { da: 'ikke forbundet', en: 'not connected' },
  unknown: { da: 'ukendt', en: 'unknown' },
  more: { da: 'Apparater og alle oplysninger', en: 'Devices and all details' },
  state: { da: 'Forbindelse', en: 'Line' },
  since: { da: 'siden', en: 'since' },
  update: { da: 'Opdatering', en: 'Update' },
  'on-trial': { da: 'på prøve', en: 'on trial' },
  'rolled-back': { da: 'rullet tilbage fra', en: 'rolled back from' },
  uptime: { da: 'Tændt i', en: 'Up for' },
  unsent: { da: 'Ikke sendt', en: 'Unsent' },
  nothing: { da: 'intet', en: 'nothing' },
  oldest: { da: 'den ældste', en: 'the oldest' },
  disk: { da: 'Lager brugt', en: 'Storage used' },
  filling: { da: 'fyldes', en: 'filling' },
  'nearly-full': { da: 'næsten fuldt', en: 'nearly full' },
  full: { da: 'fuldt: målinger bliver i apparaterne', en: 'full: readings stay in the devices' },
  radio: { da: 'Bluetooth', en: 'Bluetooth' },
  starting: { da: 'starter', en: 'starting' },
  ready: { da: 'virker', en: 'works' },
  unavailable: { da: 'virker ikke', en: 'does not work' },
  silent: { da: 'intet hørt i', en: 'nothing heard for' },
  tried: { da: 'senest prøvet', en: 'last tried' },
  scan: { da: 'ny søgning', en: 'a new scan' },
  adapter: { da: 'genstart af adapteren', en: 'restart of the adapter' },
  power: { da: 'strømmen fra adapteren', en: 'power cycle of the adapter' },
  service: { da: 'genstart af tjenesten', en: 'restart of the service' },
  reboot: { da: 'genstart af hubben', en: 'reboot of the hub' },
  clock: { da: 'Ur', en: 'Clock' },
  synced: { da: 'stillet', en: 'set' },
  unsynced: { da: 'ikke stillet', en: 'not set' },
  certificate: { da: 'Certifikat til', en: 'Certificate until' },
  installation: { da: 'Installation', en: 'Installation' },
  revision: { da: 'udgave', en: 'revision' },
  devices: { da: 'Apparater', en: 'Devices' },
  noDevices: { da: 'Ingen apparater.', en: 'No devices.' },
  driver: { da: 'Driver', en: 'Driver' },
  firmware: { da: 'Firmware', en: 'Firmware' },
  battery: { da: 'Batteri', en: 'Battery' },
  lastSeen: { da: 'Sidst set', en: 'Last seen' },
  lastReading: { da: 'Seneste måling', en: 'Last reading' },
  slot: { da: 'Plads', en: 'Slot' },
  assigned: { da: 'Borger', en: 'Citizen' },
  yes: { da: 'tildelt', en: 'assigned' },
  no: { da: 'ikke tildelt', en: 'not assigned' },
  fault: { da: 'Fejl', en: 'Fault' },
  sort: { da: 'Sortér igen', en: 'Sort again' },
  events: { da: 'Tekniske hændelser', en: 'Technical events' },
  noEvents: { da: 'Ingen hændelser.', en: 'No events.' },
  showAll: { da: 'Vis alle', en: 'Show all' },
} as const satisfies Record<string, Said>

export const HELD_WORDS = {
  heading: { da: 'Målinger uden borger', en: 'Readings without a citizen' },
  intro: {
    da: 'De er gemt, men kommer først frem til klinikken, når nogen siger, hvis de er.',
    en: 'They are stored, and come to the clinic once somebody says whose they are.',
  },
  assign: { da: 'Tildel en borger', en: 'Assign a citizen' },
  slot: { da: 'plads', en: 'slot' },
  citizen: { da: 'Borgerens id', en: 'Id of the citizen' },
  citizenHint: {
    da: 'Som i installationen; aldrig CPR-nummer eller navn.',
    en: 'As in the installation; never a CPR number or a name.',
  },
  citizenWrong: {
    da: 'Et id har 4 til 32 tegn: a–z, 0–9 og bindestreg.',
    en: 'An id has 4 to 32 characters: a–z, 0–9 and hyphen.',
  },
  citizenCpr: {
    da: 'Det ligner et CPR-nummer. Skriv borgerens id.',
    en: 'This looks like a CPR number. Write the id of the citizen.',
  },
  slotField: {
    da: 'Brugerplads på apparatet (tom: hele apparatet)',
    en: 'User slot of the device (empty: the whole device)',
  },
  slotWrong: { da: 'Skriv et tal fra 0 til 255.', en: 'Write a number from 0 to 255.' },
  from: { da: 'Fra hvornår', en: 'From when' },
  fromWrong: { da: 'Vælg dato og tid, ikke i fremtiden.', en: 'Choose date and time, not in the future.' },
  go: { da: 'Videre', en: 'Go on' },
  back: { da: 'Tilbage', en: 'Back' },
  leave: { da: 'Fortryd', en: 'Cancel' },
  confirm: { da: 'Tildel og frigiv', en: 'Assign and release' },
  sure: {
    da: 'Målingerne kommer ind i borgerens forløb og kan give alarmer. Er det den rigtige borger?',
    en: "The readings join the citizen's course and may raise alerts. Is it the right citizen?",
  },
  'not-found': {
    da: 'Apparatet eller borgeren findes ikke, eller I har ikke adgang til borgeren. Tjek id’et.',
    en: 'There is no such device or citizen, or you have no grant on the citizen. Check the id.',
  },
  loading: { da: 'Ser efter, hvem der har apparatet …', en: 'Looking who has the device …' },
  hasNow: { da: 'Har det nu eller senere', en: 'Has it now or later' },
  nobody: { da: 'ingen', en: 'nobody' },
  foreign: { da: 'en borger, I ikke har adgang til', en: 'a citizen on whom you have no grant' },
  whole: { da: 'hele apparatet', en: 'the whole device' },
  taken: {
    da: 'Det går ikke sammen med en anden tildeling af apparatet.',
    en: 'This does not go together with another assignment of the device.',
  },
  slotsTaken: {
    da: 'Apparatets pladser er tildelt en for en: skriv pladsen.',
    en: 'Its slots are assigned one by one: name the slot.',
  },
  wholeTaken: {
    da: 'Hele apparatet er tildelt: lad pladsen være tom.',
    en: 'The whole device is assigned: leave the slot out.',
  },
  laterTaken: {
    da: 'Apparatet er tildelt en anden i det tidsrum: vælg et senere tidspunkt.',
    en: 'The device is assigned to somebody else in that time: choose a later time.',
  },
  changed: {
    da: 'En anden har ændret tildelingen imens. Den er hentet igen: se på den, og prøv igen.',
    en: 'Somebody else has changed the assignment meanwhile. It was fetched again: look at it, and try again.',
  },
} as const satisfies Record<string, Said>

export const HELD_REASONS: Readonly<Record<Held['reason'], Said>> = {
  unassigned: { da: 'Ingen borger har apparatet.', en: 'No citizen has the device.' },
  'device-unknown': {
    da: 'Apparatet er ikke oprettet: det bliver det ved tildelingen.',
    en: 'The device is not registered: assigning it registers it.',
  },
  'device-at-other-hub': {
    da: 'Apparatet hører til en anden hub: er det flyttet, så ret installationen.',
    en: 'The device belongs to another hub: if it has moved, correct the installation.',
  },
}

/** By kind of the event (broker/identity/technical-events.ts). */
const EVENTS: Readonly<Record<string, Said>> = {
  'clone-suspected': {
    da: 'To maskiner bruger samme identitet. Spær hubben, og tilmeld den igen.',
    en: 'Two machines use one identity. Revoke the hub and enrol it again.',
  },
  'enrolment-locked': {
    da: 'En tilmeldingskode blev tastet forkert fem gange og er spærret. Lav en ny.',
    en: 'An enrolment code was mistyped five times and is locked. Make a new one.',
  },
  'certificate-ends': {
    da: 'Et certifikat udløber, uden at noget fornyer det.',
    en: 'A certificate ends that nothing renews.',
  },
}

export const eventWords = (kind: string, language: Language): string => EVENTS[kind]?.[language] ?? kind
