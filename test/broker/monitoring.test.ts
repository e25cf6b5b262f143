import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { systemClock } from '../../broker/broker-clock.ts'
import { figuresOf } from '../../broker/figures.ts'
import { renderMetrics } from '../../broker/metrics.ts'
import { openInflux } from '../../broker/store/influx.ts'
import { QUANTITIES } from '../../device-drivers/quantities.ts'
import { optional } from '../support/optional.ts'

/** Dashboards and rules name what the broker really writes. */

const read = (path: string): string => readFileSync(new URL(`../../broker/monitoring/${path}`, import.meta.url), 'utf8')

/** What goes to InfluxDB for one point, as the database would hear it. */
async function written(): Promise<{ measurement: string; tags: string[]; fields: string[] }> {
  let line = ''
  const server = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (chunk: string) => {
      if (request.url?.startsWith('/write')) line += chunk
    })
    request.on('end', () => response.writeHead(request.url?.startsWith('/write') ? 204 : 200).end('{"results":[{}]}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const series = openInflux({ url: `http://127.0.0.1:${port}`, database: 'precare' }, systemClock)
  onTestFinished(() => series.close())
  const point = {
    citizen: 'citizen-1',
    device: 'scale-1',
    quantity: 'weight',
    ts: 1,
    reading: 'a'.repeat(32),
    value: 80,
  }
  await series.write([point], new AbortController().signal)
  const [, measurement = '', tags = '', fields = ''] = /^(\w+),(\S+) (\S+) \d+/.exec(line) ?? []
  const names = (text: string) => text.split(',').map((pair) => pair.split('=')[0] ?? '')
  return { measurement, tags: names(tags), fields: names(fields) }
}

interface Dashboard {
  readonly templating: {
    readonly list: readonly { readonly query: string; readonly datasource: { readonly uid: string } }[]
  }
  readonly panels: readonly {
    readonly title: string
    readonly targets: readonly { readonly query: string; readonly datasource: { readonly uid: string } }[]
  }[]
}

/** Names in a query that the database does not have. */
function unknownNames(query: string, known: Awaited<ReturnType<typeof written>>): string[] {
  const columns = new Set([...known.tags, ...known.fields])
  const quoted = [...query.matchAll(/"([^"]+)"/g)].map(([, name]) => name ?? '')
  const measurements = [...query.matchAll(/FROM "([^"]+)"/g)].map(([, name]) => name ?? '')
  const quantities = [...query.matchAll(/"quantity" = '([^']+)'/g)].map(([, name]) => name ?? '')
  return [
    ...measurements.filter((name) => name !== known.measurement),
    ...quoted.filter((name) => !columns.has(name) && !measurements.includes(name)),
    ...quantities.filter((name) => !Object.hasOwn(QUANTITIES, name)),
    ...(measurements.length === 0 ? ['no measurement'] : []),
  ]
}

describe('the Grafana dashboard', () => {
  const dashboard: Dashboard = JSON.parse(read('grafana/dashboards/readings.json'))
  const queries = [
    ...dashboard.templating.list.map(({ query }) => query),
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ query }) => query)),
  ]

  it('asks only for what the broker writes, of the data source that is provisioned', async () => {
    const known = await written()
    expect(known).toEqual({
      measurement: 'readings',
      tags: ['citizen', 'device', 'quantity'],
      fields: ['reading', 'value'],
    })
    expect(queries.length).toBeGreaterThan(8)
    for (const query of queries) expect([query, unknownNames(query, known)]).toEqual([query, []])
    expect(unknownNames(`SELECT "values" FROM "reading" WHERE "quantity" = 'spo2'`, known)).toEqual([
      'reading',
      'values',
      'spo2',
    ])
    const { datasources } = parse(read('grafana/provisioning/datasources/influxdb.yml'))
    const uids = dashboard.panels.flatMap(({ targets }) => targets.map(({ datasource }) => datasource.uid))
    expect(new Set(uids)).toEqual(new Set(datasources.map(({ uid }: { uid: string }) => uid)))
  })
})

describe('the rules for Prometheus', () => {
  const health = { hub: 'hub-0001' }
  const metrics = renderMetrics(
    figuresOf({
      ingest: {
        counts: () => ({
          hubs: new Map(),
          epochs: [],
          held: 0,
          unpublished: 0,
          openAlerts: 0,
          waiting: 0,
          journalBytes: 0,
        }),
      },
      mqtt: {
        counts: () => ({ connected: 0, cut: 0, refused: 0, clones: 0 }),
        states: { online: 0, healths: () => [][Symbol.iterator](), ...health } as never,
      },
      publisher: { counts: { queued: 0, published: 0 }, stuckForMs: () => 0 },
      follower: { lag: () => 0, refused: () => 0 },
      clock: { monotonic: () => 0 },
    })(),
  )
  const exported = [...metrics.matchAll(/^# HELP (\w+) (.*)$/gm)].map(([, name = '', help = '']) => ({ name, help }))

  it('name only metrics that the broker has', () => {
    const { groups } = parse(read('prometheus-alerts.yml')) as {
      groups: { rules: { alert: string; expr: string; annotations: { summary: string } }[] }[]
    }
    const rules = groups.flatMap((group) => group.rules)
    expect(rules.length).toBeGreaterThan(5)
    for (const { alert, expr, annotations } of rules) {
      const named = expr.match(/precare_\w+/g) ?? []
      const unknown = named.filter((name) => !exported.some((metric) => metric.name === name))
      expect([alert, unknown]).toEqual([alert, []])
      expect(annotations.summary.length).toBeGreaterThan(10)
      expect(named.length > 0 || expr.startsWith('up{')).toBe(true)
    }
  })

  it('and the table of metrics in the README is what is exported', () => {
    const table = exported.map(({ name, help }) => `| \`${name}\` | ${help} |`).join('\n')
    expect(read('README.md')).toContain(table)
  })
})

const installed = spawnSync('docker-compose', ['--version']).error === undefined
optional('docker-compose', installed)('the dashboards of the compose file', () => {
  it('are reached from this machine alone, and hold no password', () => {
    const { PATH = '' } = process.env
    const env = { PATH, INFLUX_PASSWORD: 'one', INFLUX_ADMIN_PASSWORD: 'two' }
    const run = spawnSync('docker-compose', ['--profile', 'dashboards', 'config'], { encoding: 'utf8', env })
    expect(run.stderr).toBe('')
    expect(run.stdout).toMatch(/grafana:/)
    expect(run.stdout).toMatch(/127\.0\.0\.1:3000:3000/)
    const { environment } = parse(readFileSync('docker-compose.yml', 'utf8')).services.grafana
    expect(environment.GF_SECURITY_ADMIN_PASSWORD).toMatch(/^\$\{/)
    expect(read('grafana/provisioning/datasources/influxdb.yml')).toMatch(/password: \$INFLUX_PASSWORD/)
  })
})
