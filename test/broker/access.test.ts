import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Identity, mayPublish, mayReceive, maySubscribe, mayUseClientId } from '../../broker/access.ts'

const hub: Identity = { role: 'hub', id: 'hub-a' }
const clinic: Identity = { role: 'client', id: 'reader', organisation: 'org-north' }

/** MQTT 3.1.1, 4.7: the specification's matching, written here apart from the broker's. */
function matches(filter: string, topic: string): boolean {
  const [f, t] = [filter.split('/'), topic.split('/')]
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false
  for (const [i, level] of f.entries()) {
    if (level === '#') return true
    if (t[i] === undefined || (level !== '+' && level !== t[i])) return false
  }
  return f.length === t.length
}

function words(alphabet: readonly string[], depth: number): string[] {
  let longest: string[] = [...alphabet]
  const all = [...longest]
  for (let level = 1; level < depth; level++) {
    longest = longest.flatMap((head) => alphabet.map((tail) => `${head}/${tail}`))
    all.push(...longest)
  }
  return all
}

describe('a granted filter', () => {
  const cases: readonly (readonly [Identity, readonly string[]])[] = [
    [clinic, ['v1', 'orgs', 'org-north', 'org-south', 'alerts', '$share', '']],
    [hub, ['v1', 'hubs', 'hub-a', 'hub-b', 'receipts', 'requests', '$SYS']],
  ]
  test.each(cases)('matches only topics that may be received, to depth 5 (%o)', (who, alphabet) => {
    const topics = words(alphabet, 5)
    const granted = words([...alphabet, '+', '#'], 5).filter((filter) => maySubscribe(who, filter))
    expect(granted.length).toBeGreaterThan(9)
    for (const filter of granted) {
      const pattern = new RegExp(
        `^${filter.replace(/[$]/g, '\\$').replaceAll('+', '[^/]*').replace(/\/#$/, '(/.*)?')}$`,
      )
      for (const topic of topics) {
        if (pattern.test(topic) && !mayReceive(who, topic)) expect.fail(`${filter} leaks ${topic}`)
      }
    }
  })

  test('leaks nothing for filters and topics of any text', () => {
    const level = fc.oneof(
      fc.constantFrom('v1', 'orgs', 'org-north', 'org-south', 'heartbeat', '+', '#', '$share', '$SYS', ''),
      fc.string({ maxLength: 4 }),
    )
    const path = fc.array(level, { minLength: 1, maxLength: 7 }).map((levels) => levels.join('/'))
    fc.assert(
      fc.property(path, path, (filter, topic) => {
        fc.pre(!/[+#]/.test(topic))
        if (maySubscribe(clinic, filter) && matches(filter, topic)) expect(mayReceive(clinic, topic)).toBe(true)
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('a client', () => {
  test.each([
    'v1/orgs/org-north/#',
    'v1/orgs/org-north/alerts/+/+',
    'v1/orgs/org-north/readings/citizen-1/weight',
    'v1/heartbeat',
  ])('may subscribe to %s', (filter) => expect(maySubscribe(clinic, filter)).toBe(true))

  test.each([
    '#',
    '+/#',
    'v1/#',
    'v1/+/org-north/#',
    'v1/orgs/+/alerts/+/+',
    'v1/orgs/org-south/#',
    'v1/orgs/org-north',
    'v1/orgs/org-north2/#',
    'v1/orgs/org-nort+/#',
    'v1/orgs/org-north/a#',
    'v1/orgs/org-north/#/x',
    '$share/g/v1/orgs/org-north/#',
    '$SYS/#',
    '/v1/orgs/org-north/#',
    'v1/heartbeat/#',
    'v1/hubs/hub-a/readings',
    'v1/orgs/org-north/a/b/c/d/e/f',
    `v1/orgs/org-north/${'x'.repeat(128)}`,
    'v1/orgs/org-north/\0',
    '',
  ])('may not subscribe to %s', (filter) => expect(maySubscribe(clinic, filter)).toBe(false))

  test('writes nowhere, not even below its own organisation', () => {
    for (const topic of ['v1/orgs/org-north/readings/citizen-1/weight', 'v1/hubs/reader/readings', 'v1/heartbeat'])
      expect(mayPublish(clinic, topic)).toBe(false)
  })
})

describe('a hub', () => {
  test('writes its own channels and nothing else', () => {
    const own = ['readings', 'state', 'health', 'devices/cuff-1', 'responses/pair']
    for (const channel of own) expect(mayPublish(hub, `v1/hubs/hub-a/${channel}`)).toBe(true)
    for (const channel of own) expect(mayPublish(hub, `v1/hubs/hub-b/${channel}`)).toBe(false)
    for (const channel of ['receipts', 'config', 'requests/pair', 'devices', 'responses/', 'responses/a/b', 'state/x'])
      expect(mayPublish(hub, `v1/hubs/hub-a/${channel}`)).toBe(false)
  })

  test('reads its receipts, its configuration and its requests only', () => {
    for (const filter of ['receipts', 'config', 'requests/#', 'requests/+', 'requests/pair'])
      expect(maySubscribe(hub, `v1/hubs/hub-a/${filter}`)).toBe(true)
    for (const filter of ['v1/hubs/hub-a/#', 'v1/hubs/hub-a/+', 'v1/hubs/hub-b/receipts', 'v1/hubs/+/receipts', '#'])
      expect(maySubscribe(hub, filter)).toBe(false)
    expect(mayReceive(hub, 'v1/hubs/hub-b/receipts')).toBe(false)
    expect(mayReceive(hub, 'v1/hubs/hub-a/readings')).toBe(false)
  })

  test('whatever it calls itself can name no topic of another (any text as id)', () => {
    fc.assert(
      fc.property(fc.string(), (device) => {
        const topic = `v1/hubs/hub-a/devices/${device}`
        if (mayPublish(hub, topic)) expect(topic.split('/')).toHaveLength(5)
      }),
    )
  })
})

describe('a client id', () => {
  test('is the account for a hub, and the account or account:instance for a client', () => {
    expect(mayUseClientId(hub, 'hub-a')).toBe(true)
    expect(mayUseClientId(clinic, 'reader')).toBe(true)
    expect(mayUseClientId(clinic, 'reader:ward_7-B')).toBe(true)
    for (const id of ['hub-b', 'hub-a:2', 'hub-a2', '', '__proto__']) expect(mayUseClientId(hub, id)).toBe(false)
    for (const id of ['hub-a', 'reader2', 'reader:', 'reader:a:b', 'reader:a/b', `reader:${'x'.repeat(33)}`])
      expect(mayUseClientId(clinic, id)).toBe(false)
  })
})
