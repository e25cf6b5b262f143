/**
 * What the made-up citizens are made of. Each figure names where it comes from; 'assumed' marks a choice for which no
 * published figure was found. Changing one changes every benchmark that is run on the cohort.
 */

interface Parameter {
  readonly value: number
  readonly unit: string
  readonly what: string
  readonly source: string
}

const HURST = 'Hurst 2010, BMC Pulm Med 10:52 (40 COPD patients, 2705 days of home oximetry)'
const PRODROME = 'PubMed 25475218, J Telemed Telecare 2015;21:29 (33 telemonitored COPD patients)'
const OXIMETRY = 'Al Rajeh 2020, JMIR mHealth 8:e17597 (83 COPD patients, 27 exacerbations)'
const WEARABLE = 'Buekers 2019, JMIR mHealth 7:e12866 (20 COPD patients, a week of oximetry)'
const HEARTPHONE = 'HeartPhone, Eur J Heart Fail 2013;15(4) (87 heart failure patients, 28 deteriorations)'
const CHAUDHRY = 'Chaudhry 2007, Circulation 116:1549 (134 heart failure admissions, daily weights)'
const ADHERENCE = 'HeartCycle, Patient Prefer Adherence 2015, PPA.S88482 (120 patients)'
const FEVER =
  'Within and between persons: oral temperatures of 29 healthy adults, prospective cohort 2019 (1755 readings)'
const OLDER = 'Gomolin 2005, J Am Geriatr Soc 53:2170 (150 people, mean age 81)'
const IDSA = 'High 2009, Clin Infect Dis 48:149 (fever in long-term care: above 37.8 or 1.1 above the usual)'

const DIARY =
  'Seemungal 2000, Am J Respir Crit Care Med 161:1608 (504 exacerbations; share from memory, to be confirmed)'
const ADMITTED = 'Goldberg 2010, Clin Cardiol 33:E73 (4537 admissions for acute heart failure)'
const FOLLOWED_BACK = 'Schiff 2003, Am J Med 114:625 (83 patients asked after an admission)'
const TELEMONITORED = 'PubMed 25564494 (183 telemonitored COPD patients, 98 exacerbations)'

const p = (value: number, unit: string, what: string, source: string): Parameter => ({ value, unit, what, source })

export const PARAMETERS = {
  zealMean: p(0.9, '1', 'share of planned days measured, mean over people', ADHERENCE),
  zealSpread: p(0.16, '1', 'standard deviation of it between people', ADHERENCE),
  zealIll: p(
    0.81,
    '1',
    'times so many measure from the onset of an exacerbation on',
    'BEAT-HF: adherence around an admission, rate ratio 0.81',
  ),
  artefact: p(0.067, '1', 'share of oximetry readings that are disturbed', `${WEARABLE}: 93.3 % of daytime data valid`),
  artefactMarked: p(
    0.5,
    '1',
    'share of them that the device marks itself',
    'assumed; Radhakrishnan: 54 % of false alerts came from measurement technique',
  ),
  artefactDepth: p(5, '%', 'mean fall of saturation in a disturbed reading', 'assumed'),

  saturation: p(93.6, '%', 'usual saturation, mean over people', PRODROME),
  saturationBetween: p(2.9, '%', 'standard deviation of it between people', WEARABLE),
  saturationWithin: p(1, '%', 'standard deviation from day to day in one person', HURST),
  pulse: p(87, '/min', 'usual pulse, mean over people', PRODROME),
  pulseBetween: p(10, '/min', 'standard deviation of it between people', 'assumed'),
  pulseWithin: p(5, '/min', 'standard deviation from day to day in one person', HURST),
  badDay: p(
    0.026,
    '1/day',
    'isolated bad days that are no exacerbation',
    `${PRODROME}: 150 beside 172 exacerbations; 19 patients over more than 200 days, taken as 300`,
  ),
  copdFall: p(1.2, '%', 'mean fall of saturation at onset', PRODROME),
  copdPulseRise: p(7, '/min', 'mean rise of pulse at onset', PRODROME),
  copdProdrome: p(7, 'days', 'from the first change to the onset', `${OXIMETRY}: changed from 7 days before treatment`),
  copdPeak: p(2.5, 'days', 'from onset to the greatest change', `${HURST}: greatest 2 to 3 days after onset`),
  copdRecovery: p(12, 'days', 'from onset until it is over', `${OXIMETRY}: symptoms until 12 days after`),
  copdSpread: p(0.5, '1', 'standard deviation of the logarithm of the strength', 'assumed: some are weak'),

  weight: p(82, 'kg', 'usual weight, mean over people', 'assumed'),
  weightBetween: p(15, 'kg', 'standard deviation of it between people', 'assumed'),
  weightWithin: p(
    0.5,
    'kg',
    'standard deviation from day to day in one person',
    'assumed: clothes, meals, fluid; under 1 % (J Obes 2010/413407)',
  ),
  weightDrift: p(
    0.13,
    'kg',
    'random step of the usual weight each day',
    `${HEARTPHONE}: the weekly mean of three quarters of the patients moved by more than 2 kg in 24 weeks`,
  ),
  gain: p(2, 'kg', 'mean gain until the onset', `${CHAUDHRY}: 2 to 5 and 5 to 10 lb in the week before`),
  gainSpread: p(
    1,
    'kg',
    'standard deviation of it',
    `${CHAUDHRY}; many gain 2 to 3 lb only (Desai 2015, Am J Cardiol)`,
  ),
  gainLeast: p(0.5, 'kg', 'least gain of an exacerbation', 'assumed'),
  gainEarly: p(
    0.25,
    '1',
    'share of the gain that comes slowly before the last week',
    `${CHAUDHRY}: gradual from 30 days before`,
  ),
  gainFrom: p(30, 'days', 'from the first change to the onset', CHAUDHRY),
  gainSteep: p(7, 'days', 'from the steep part to the onset', CHAUDHRY),
  gainRecovery: p(7, 'days', 'from onset until treatment has undone it', 'assumed'),

  copdAnswered: p(
    0.69,
    '1',
    'share of the measured mornings with answers',
    'Walters 2012, Int J COPD 7:427: diaries kept on 62 % of days; the rest is missed with the measurement',
  ),
  heartAnswered: p(
    0.78,
    '1',
    'share of the measured mornings with answers',
    'JMIR Res Protoc 2017;6:e46: 70 % of days',
  ),
  copdBreathlessness: p(0.64, '1', 'share of exacerbations with more breathlessness', DIARY),
  copdSputumAmount: p(0.26, '1', 'share of exacerbations with more sputum', DIARY),
  copdSputumColour: p(0.42, '1', 'share of exacerbations with discoloured sputum', DIARY),
  copdCough: p(
    0.48,
    '1',
    'share of exacerbations with more cough',
    'Donaldson 2012, Chest 141:94: 50.6 % in the cold seasons, 45.4 % in the warm',
  ),
  copdSudden: p(0.18, '1', 'share of exacerbations whose symptoms begin with the onset', TELEMONITORED),
  heartBreathlessness: p(0.93, '1', 'share of deteriorations with breathlessness', ADMITTED),
  heartOedema: p(0.7, '1', 'share of deteriorations with swollen legs', ADMITTED),
  heartBreathlessnessFrom: p(8.4, 'days', 'from worse breathlessness to the onset', FOLLOWED_BACK),
  heartOedemaFrom: p(12.4, 'days', 'from swollen legs to the onset', FOLLOWED_BACK),
  told: p(
    0.7,
    '1',
    'a symptom at its full extent is told on so many of the days answered',
    'assumed; people tell less than they have (Gingele 2019: daily breathlessness told nothing of heart failure)',
  ),
  usualYes: p(
    0.05,
    '1/day',
    'yes to one question on a usual day, mean over people',
    'assumed; beside the isolated bad days, on which the symptoms of an exacerbation are told',
  ),
  usualYesSpread: p(
    0.8,
    '1',
    'standard deviation of the logarithm of it between people',
    `assumed; ${PRODROME}: a third of the variance of symptom scores lies between people`,
  ),

  temperature: p(36.4, 'Cel', 'usual temperature, mean over people', OLDER),
  temperatureBetween: p(0.26, 'Cel', 'standard deviation of it between people', FEVER),
  temperatureWithin: p(0.4, 'Cel', 'standard deviation from reading to reading in one person', FEVER),
  fever: p(1.4, 'Cel', 'mean rise of an infection', `${IDSA}; old people have less fever than young`),
  feverSpread: p(0.5, 'Cel', 'standard deviation of it', 'assumed'),
  feverLeast: p(0.4, 'Cel', 'least rise', 'assumed'),
  feverProdrome: p(2, 'days', 'from the first change to the onset', 'assumed'),
  feverRecovery: p(5, 'days', 'from onset until it is over', 'assumed'),
} as const satisfies Record<string, Parameter>

export type ParameterName = keyof typeof PARAMETERS

export const parameter = (name: ParameterName): number => PARAMETERS[name].value
