import type { Said } from '../shell/said.ts'
import type { RangeProblem } from './range.ts'

/** What the citizen's page says, apart from sentences that are made (plan-words.ts, point-words.ts ...). */

type Table = Readonly<Record<string, Said>>

export const PAGE_WORDS = {
  citizen: { da: 'Borger', en: 'Citizen' },
  loading: { da: 'Henter …', en: 'Fetching …' },
  fetched: { da: 'Hentet', en: 'Fetched' },
  old: {
    da: 'Ingen forbindelse: det, der vises, er ikke opdateret siden',
    en: 'No connection: what is shown has not been updated since',
  },
  again: { da: 'Hent igen', en: 'Fetch again' },
  back: { da: 'Arbejdsliste', en: 'Work list' },
  settings: { da: 'Grænser og plan', en: 'Limits and plan' },
  follows: { da: 'Følger', en: 'Follows' },
  noTemplate: { da: 'Følger ingen skabelon', en: 'Follows no template' },
  alerts: { da: 'Alarmer nu', en: 'Alerts now' },
  noAlerts: { da: 'Ingen åbne alarmer.', en: 'No open alerts.' },
  measurements: { da: 'Målinger', en: 'Measurements' },
  noMeasurements: { da: 'Ingen målinger i perioden.', en: 'Nothing was measured in this time.' },
  elsewhere: { da: 'Ikke målt i perioden, men før eller siden', en: 'Not measured in this time, but at another' },
  missed: { da: 'Udeblevne målinger', en: 'Missed measurements' },
  missedNone: { da: 'Ingen udeblevne målinger i 30 dage.', en: 'Nothing was missed in 30 days.' },
  missedOf: { da: 'de seneste 30 dage', en: 'of the last 30 days' },
  unsure: { da: 'Uvist', en: 'Not known' },
  notMeasured: { da: 'Mangler', en: 'Missing' },
  plan: { da: 'Måleplan', en: 'Measurement plan' },
  noPlan: { da: 'Ingen måleplan.', en: 'No measurement plan.' },
  devices: { da: 'Apparater', en: 'Devices' },
  noDevices: { da: 'Borgeren har ingen apparater.', en: 'The citizen has no devices.' },
  hubs: { da: 'Hub i hjemmet', en: 'Hub in the home' },
  history: { da: 'Tidligere alarmer', en: 'Earlier alerts' },
  historyOf: { da: 'de seneste 90 dage', en: 'of the last 90 days' },
  historyNone: { da: 'Ingen i 90 dage.', en: 'None in 90 days.' },
  notes: { da: 'Notater', en: 'Notes' },
  notesNone: { da: 'Ingen notater.', en: 'No notes.' },
  more: { da: 'Vis flere', en: 'Show more' },
} as const satisfies Table

export const PLOT_WORDS = {
  plot: { da: 'kurve', en: 'plot' },
  keys: {
    da: 'Pil til venstre og højre går fra måling til måling, Home og End til den ældste og nyeste, plus og minus zoomer, 0 viser hele perioden.',
    en: 'Arrow left and right go from reading to reading, Home and End to the oldest and newest, plus and minus zoom, 0 shows the whole time.',
  },
  nothing: { da: 'ingen målinger i det viste tidsrum', en: 'nothing was measured in the time that is shown' },
  limits: { da: 'Grænser', en: 'Limits' },
  normal: { da: 'Normalt for borgeren', en: 'Usual for the citizen' },
  staff: { da: 'pers.', en: 'staff' },
  table: { da: 'Målingerne som tabel', en: 'The readings as a table' },
  newestFirst: { da: 'nyeste først', en: 'newest first' },
  reduced: {
    da: 'ikke alle: laveste og højeste af hvert tidsrum',
    en: 'not all: lowest and highest of each stretch of time',
  },
  measuredAt: { da: 'Målt', en: 'Measured' },
  measuredBy: { da: 'Målt med', en: 'Measured by' },
  remarks: { da: 'Bemærkninger', en: 'Remarks' },
  page: { da: 'Side', en: 'Page' },
  newer: { da: 'Nyere', en: 'Newer' },
  older: { da: 'Ældre', en: 'Older' },
} as const satisfies Table

export const RANGE_WORDS = {
  period: { da: 'Periode', en: 'Period' },
  days7: { da: '7 dage', en: '7 days' },
  days30: { da: '30 dage', en: '30 days' },
  days90: { da: '90 dage', en: '90 days' },
  days365: { da: '1 år', en: '1 year' },
  other: { da: 'Andre datoer', en: 'Other dates' },
  first: { da: 'Fra', en: 'From' },
  last: { da: 'Til og med', en: 'To' },
  show: { da: 'Vis', en: 'Show' },
  whole: { da: 'Vis hele perioden', en: 'Show the whole time' },
} as const satisfies Table

export const RANGE_PROBLEMS: Readonly<Record<RangeProblem, Said>> = {
  missing: { da: 'Skriv begge datoer.', en: 'Give both dates.' },
  order: { da: 'Slutdatoen ligger før startdatoen.', en: 'The last date is before the first.' },
  long: { da: 'Højst 399 dage ad gangen.', en: 'At most 399 days at once.' },
}

export const LEGEND_WORDS = {
  title: { da: 'Sådan læses kurverne', en: 'How to read the plots' },
  plain: { da: 'målt af apparatet', en: 'measured by the device' },
  late: { da: 'hul: kom for sent', en: 'hollow: came late' },
  doubtful: { da: 'kryds: tvivlsom måling', en: 'cross: doubtful reading' },
  typed: { da: 'firkant: indtastet af borgeren', en: 'square: typed by the citizen' },
  staff: { da: 'rude, »pers.«: indtastet af personalet', en: 'diamond, “staff”: typed by staff' },
  time: { da: '»?«: tidspunktet er usikkert', en: '“?”: the time is uncertain' },
  beyond: {
    da: 'pil ved kanten: over eller under det, apparatet kan måle',
    en: 'arrow at the edge: above or below what the device can measure',
  },
  missed: {
    da: 'trekant på tidsaksen: borgeren målte ikke',
    en: 'triangle on the time axis: the citizen did not measure',
  },
  silent: {
    da: 'ring på tidsaksen: udeblev af teknisk grund',
    en: 'ring on the time axis: missing for a technical reason',
  },
  limits: {
    da: 'fuld linje: rød grænse · stiplet linje: gul grænse',
    en: 'solid line: red limit · dashed line: yellow limit',
  },
  normal: { da: 'grønt bånd: normalt for borgeren', en: 'green band: usual for the citizen' },
  episode: {
    da: 'farvet felt med bjælke foroven: alarm, fra den begyndte til værdierne igen var i orden',
    en: 'tinted stretch with a bar on top: an alert, from its beginning until the values were fine again',
  },
  pressure: {
    da: 'blodtryk: systolisk fuldt optrukket, diastolisk stiplet',
    en: 'blood pressure: systolic solid, diastolic dashed',
  },
  missedDays: {
    da: 'Udeblevne målinger er vist for de seneste 30 dage, alarmer for de seneste 90.',
    en: 'Missed measurements are shown for the last 30 days, alerts for the last 90.',
  },
  zoom: { da: 'Træk hen over en kurve for at zoome.', en: 'Drag across a plot to zoom.' },
} as const satisfies Table

export const EQUIPMENT_WORDS = {
  lastReading: { da: 'Seneste måling', en: 'Last reading' },
  lastSeen: { da: 'Sidst set', en: 'Last seen' },
  never: { da: 'aldrig', en: 'never' },
  battery: { da: 'Batteri', en: 'Battery' },
  clock: { da: 'Ur', en: 'Clock' },
  firmware: { da: 'Firmware', en: 'Firmware' },
  slot: { da: 'Brugerplads', en: 'User slot' },
  problem: { da: 'Problem', en: 'Problem' },
  since: { da: 'siden', en: 'since' },
  lastHeard: { da: 'Sidst hørt', en: 'Last heard' },
  version: { da: 'Version', en: 'Version' },
} as const satisfies Table
