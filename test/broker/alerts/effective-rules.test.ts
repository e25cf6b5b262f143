import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { effectiveRules, type RuleSource, timelinesOf } from '../../../broker/alerts/effective-rules.ts'
import { versionAt } from '../../../broker/alerts/fold-state.ts'
import { parseRegistryDocument } from '../../../broker/registry.ts'
import { at, openCore } from '../core-fixture.ts'

const TEMPLATES = 'broker/alerts/templates'
const FROM = '2026-01-01T00:00:00.000Z'
const decided = { author: 'doctor-0001', reason: 'habitual' }
const spo2 = (limits: object, more = {}) => ({
  id: 'limits-oxygen-saturation',
  type: 'limits',
  title: 'Saturation',
  quantity: 'oxygenSaturation',
  limits,
  ...more,
})

let version = 0
function source(
  level: RuleSource['level'],
  scope: string,
  rule: string,
  body: object,
  from = FROM,
  to?: string,
): RuleSource {
  version += 1
  return { version, level, scope, rule, from, ...(to === undefined ? {} : { to }), ...decided, body: { ...body } }
}
const WATCH = { citizen: 'citizen-1', template: 'copd', organisation: 'clinic', from: FROM }
const TEMPLATE = source('template', 'copd', '', {
  rules: [spo2({ alertLow: 85, warningLow: 88 }, { pending: { count: 2, of: 3 } })],
  stages: {
    unstable: { title: 'Unstable', rules: { 'limits-oxygen-saturation': { pending: null, horizonHours: 2 } } },
  },
})

describe('templates of the house', () => {
  const files = readdirSync(TEMPLATES)
  it('there is one for each condition', () => {
    expect(files.sort()).toEqual(
      ['alpha-1-antitrypsin', 'copd', 'diabetes', 'heart-failure', 'isolated', 'lung-fibrosis'].map(
        (id) => `${id}.json`,
      ),
    )
  })
  it.each(files)('%s is a registry document in which each rule names its sources and each stage is valid', (file) => {
    const text = readFileSync(join(TEMPLATES, file), 'utf8')
    const [template] = parseRegistryDocument(JSON.parse(text)).templates
    expect(template?.note).toMatch(/physician must set/)
    for (const rule of template?.rules ?? []) expect(rule['sources'], String(rule['id'])).toBeInstanceOf(Array)
    expect(Object.keys(template?.stages ?? {}).length).toBeGreaterThan(0)
  })
})

describe('what holds for a citizen', () => {
  it('comes from the template, changed by the stage, the organisation and the citizen, in this order', () => {
    const stage = { ...WATCH, stage: 'unstable' }
    const organisation = source('organisation', 'clinic', 'limits-oxygen-saturation', {
      set: { limits: { warningLow: 89 } },
    })
    const citizen = source('citizen', 'citizen-1', 'limits-oxygen-saturation', { set: { limits: { warningLow: 90 } } })
    const [plain] = effectiveRules('citizen-1', [WATCH], [TEMPLATE], FROM)
    expect(plain?.rule).toMatchObject({
      limits: { alertLow: 85, warningLow: 88 },
      pending: { count: 2 },
      horizonHours: 24,
    })
    const [changed] = effectiveRules('citizen-1', [stage], [TEMPLATE, organisation, citizen], FROM)
    expect(changed?.rule).toMatchObject({ limits: { alertLow: 85, warningLow: 90 }, horizonHours: 2 })
    expect(changed?.rule?.pending).toBeUndefined()
    expect(changed?.version).toBe(citizen.version)
    expect(changed?.origins).toMatchObject({
      'limits.alertLow': { level: 'template', scope: 'copd' },
      'limits.warningLow': { level: 'citizen', scope: 'citizen-1', author: 'doctor-0001', reason: 'habitual' },
      horizonHours: { level: 'stage' },
    })
  })

  it('is not changed by another organisation, another citizen, or before its time', () => {
    const others = [
      source('organisation', 'other', 'limits-oxygen-saturation', { set: { limits: { warningLow: 91 } } }),
      source('citizen', 'citizen-2', 'limits-oxygen-saturation', { set: { limits: { warningLow: 91 } } }),
      source('citizen', 'citizen-1', 'limits-oxygen-saturation', { set: { limits: { warningLow: 91 } } }, at(5)),
    ]
    const [rule] = effectiveRules('citizen-1', [WATCH], [TEMPLATE, ...others], at(0))
    expect(rule?.rule).toMatchObject({ limits: { warningLow: 88 } })
  })

  it("a citizen's own limits replace those of the template, and make a rule where there is none", () => {
    const own = source('limits', 'citizen-1', 'oxygenSaturation', { alertLow: 80, warningLow: null })
    const pulse = source('limits', 'citizen-1', 'pulseRate', { warningHigh: 110 })
    const rules = effectiveRules('citizen-1', [WATCH], [TEMPLATE, own, pulse], FROM)
    expect(rules.map(({ id }) => id)).toEqual(['limits-oxygen-saturation', 'limits-pulse-rate'])
    expect(rules[0]?.rule).toMatchObject({ limits: { alertLow: 80 }, pending: { count: 2 } })
    expect(rules[0]?.rule).not.toHaveProperty('limits.warningLow')
    expect(rules[1]?.rule).toMatchObject({ type: 'limits', limits: { warningHigh: 110 } })
  })

  it('changes at the moment of the change and ends with the watch', () => {
    const until = { ...WATCH, to: at(10) }
    const later = source(
      'citizen',
      'citizen-1',
      'limits-oxygen-saturation',
      { set: { limits: { warningLow: 90 } } },
      at(0),
      at(5),
    )
    const [timeline] = timelinesOf('citizen-1', [until], [TEMPLATE, later])
    const limit = (time: string) => {
      const rule = timeline && versionAt(timeline, time)?.rule
      return rule?.type === 'limits' ? rule.limits.warningLow : undefined
    }
    expect([at(-1), at(0), at(5), at(10)].map(limit)).toEqual([88, 90, 88, undefined])
  })

  it('a rule can be taken away for one citizen', () => {
    const off = source('citizen', 'citizen-1', 'limits-oxygen-saturation', { off: true })
    expect(effectiveRules('citizen-1', [WATCH], [TEMPLATE, off], FROM)).toEqual([])
  })
})

describe('in the registry', () => {
  const template = {
    template: 'copd',
    title: 'COPD',
    note: 'A physician must set the values.',
    from: FROM,
    ...decided,
    rules: [spo2({ alertLow: 85, warningLow: 88 })],
    stages: { severe: { title: 'Severe', rules: {} } },
  }
  const watch = { citizen: 'citizen-1', template: 'copd', organisation: 'clinic', from: FROM, ...decided }
  it('a watched template is judged by, an override from its time on', () => {
    const core = openCore()
    core.apply({ templates: [template], watches: [watch] })
    core.apply({
      citizenRules: [
        {
          citizen: 'citizen-1',
          rule: 'limits-oxygen-saturation',
          set: { limits: { warningLow: 90 } },
          from: at(0),
          ...decided,
        },
      ],
    })
    const count = core.journal.database.prepare('SELECT count(*) AS n FROM rule_sources').get()
    expect(count).toEqual({ n: 3 })
    const same = core.journal.database.prepare('SELECT value FROM meta').get()
    core.apply({ templates: [template], watches: [watch] })
    expect(core.journal.database.prepare('SELECT value FROM meta').get(), 'the same again changes nothing').toEqual(
      same,
    )
  })

  it.each([
    [
      'another version from the same time',
      { templates: [{ ...template, rules: [spo2({ alertLow: 84 })] }] },
      /templates\[0\]\.from: another version/,
    ],
    [
      'limits out of order in a template',
      { templates: [{ ...template, template: 'other', rules: [spo2({ alertLow: 90, warningLow: 88 })] }] },
      /templates\[0\]\.rules\[0\]\.limits\.warningLow: must be above alertLow/,
    ],
    [
      'an override that makes no valid rule',
      {
        citizenRules: [
          {
            citizen: 'citizen-1',
            rule: 'limits-oxygen-saturation',
            set: { limits: { warningLow: 80 } },
            from: at(0),
            ...decided,
          },
        ],
      },
      /citizenRules\[0\]: .*limits-oxygen-saturation of citizen-1 invalid: limits\.warningLow must be above alertLow/,
    ],
    [
      'an unknown template',
      { watches: [{ ...watch, template: 'none-such' }] },
      /watches\[0\]\.template: unknown template/,
    ],
    [
      'a misspelt stage',
      { watches: [{ ...watch, stage: 'sever', from: at(0) }] },
      /watches\[0\]\.stage: use one of severe/,
    ],
    ['an unknown citizen', { watches: [{ ...watch, citizen: 'nobody' }] }, /watches\[0\]\.citizen: unknown citizen/],
    [
      'neither set nor off',
      { citizenRules: [{ citizen: 'citizen-1', rule: 'x-rule', from: at(0), ...decided }] },
      /give either set or off/,
    ],
    [
      'an end before the beginning',
      { watches: [{ ...watch, from: at(0), to: at(-1) }] },
      /watches\[0\]\.to: must be later/,
    ],
  ])('%s is refused', (_, wrong, says) => {
    const core = openCore()
    core.apply({ templates: [template], watches: [watch] })
    expect(() => core.apply(wrong)).toThrow(says)
  })
})
