import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import { isLoopback } from './address.ts'
import { LOG_LEVELS } from './log.ts'

/** What the broker process needs to know; from a file, from flags, or all defaults. */

const port = z.int('use a whole number').min(0, 'use 0 (any free port) to 65535').max(65_535, 'use 0 to 65535')
const host = z.string().min(1, 'use an address of this machine, as 127.0.0.1')

const listenSchema = (defaultPort: number) =>
  z.strictObject({ host: host.default('127.0.0.1'), port: port.default(defaultPort) }).prefault({})

const keyFilesSchema = z
  .strictObject({ keyFile: z.string().min(1, 'name the file'), certificateFile: z.string().min(1, 'name the file') })
  .optional()
const tlsSchema = z
  .strictObject({
    host: host.default('127.0.0.1'),
    mqttPort: port.default(18_883),
    enrolPort: port.default(18_443),
    /** Under which hubs and clinics know this machine; the first one goes into invitations. */
    names: z
      .array(z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/, 'use host names and addresses'))
      .min(1, 'name this machine as hubs reach it')
      .default(['localhost', '127.0.0.1']),
    /** Made and renewed by itself in `identity/` of the data folder unless given here. */
    authority: keyFilesSchema,
    server: keyFilesSchema,
  })
  .optional()

const configSchema = z
  .strictObject({
    dataDir: z.string().min(1, 'use a folder that the broker may write').default('data/broker'),
    /** Plain text, for this machine only. */
    mqtt: listenSchema(1883),
    /** HTTPS when others can reach it. */
    http: listenSchema(8080),
    /** MQTT over TLS, and the port where hubs enrol and renew. */
    tls: tlsSchema,
    influx: z
      .strictObject({
        url: z.url({ protocol: /^https?$/, error: 'use a URL, as http://127.0.0.1:8086' }),
        database: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'use letters, digits, _ and -'),
        username: z.exactOptional(z.string()),
        password: z.exactOptional(z.string()),
      })
      .optional(),
    /** People may sign in through it too; what they may do is decided by their user here. */
    identityProvider: z
      .strictObject({
        issuer: z.url({
          protocol: /^https?$/,
          error: 'use the issuer of its discovery document, as https://id.example',
        }),
        clientId: z.string().min(1, 'use the id that the provider has given to this broker'),
        clientSecret: z.exactOptional(z.string()),
        /** Of this broker, as browsers reach it. */
        origin: z.url({ protocol: /^https?$/, error: 'use the address of this broker, as https://broker.example' }),
      })
      .refine(
        ({ issuer }) => issuer.startsWith('https:') || isLoopback(new URL(issuer).hostname),
        'issuer: use https; only a provider on this machine may speak plain HTTP',
      )
      .optional(),
    /** For a Prometheus on another machine; without it `/metrics` answers this machine only. */
    metricsToken: z.string().min(16, 'use at least 16 characters').optional(),
    logLevel: z.enum(LOG_LEVELS, `use one of ${LOG_LEVELS.join(', ')}`).default('info'),
  })
  .superRefine((config, context) => {
    const refuse = (field: 'mqtt' | 'http', message: string) =>
      context.addIssue({ code: 'custom', path: [field, 'host'], message })
    if (!isLoopback(config.mqtt.host)) {
      refuse('mqtt', 'can be reached from outside and this port has no TLS; use 127.0.0.1, and tls.host for others')
    }
    if (!isLoopback(config.http.host) && config.tls === undefined) {
      refuse('http', 'can be reached from outside and there is no TLS; use 127.0.0.1, or set tls')
    }
  })
export type BrokerConfig = z.output<typeof configSchema>
export type BrokerConfigInput = z.input<typeof configSchema>

/** @throws PreCareError 'config-invalid' that names every wrong field and says what to write instead */
export function parseConfig(input: unknown): BrokerConfig {
  const result = configSchema.safeParse(input)
  if (result.success) return result.data
  const problems = result.error.issues.map((issue) => {
    const field = [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys : [])].map(String).join('.')
    const remedy =
      issue.code === 'unrecognized_keys' ? 'is not known; remove it or correct its spelling' : issue.message
    return `${field || 'configuration'}: ${remedy}`
  })
  throw new PreCareError('config-invalid', problems.join('; '))
}

/** Any JSON file of a person's making. @throws PreCareError 'config-invalid' naming the file */
export function readJsonFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    // The parser quotes what it read, and that may be a person's name on its way into a log.
    const [, where] = /(line \d+ column \d+|position \d+)/.exec(messageOf(error)) ?? []
    const reason =
      error instanceof SyntaxError ? `is no JSON${where === undefined ? '' : ` at ${where}`}` : messageOf(error)
    throw new PreCareError('config-invalid', `${path}: ${reason}`)
  }
}

/** `http://user:password@host:8086/database` as the `influx` field; the database is 'precare' unless named. */
export function influxOf(text: string): NonNullable<BrokerConfigInput['influx']> {
  if (!URL.canParse(text)) return { url: text, database: 'precare' }
  const { origin, pathname, username, password } = new URL(text)
  return {
    url: origin,
    database: decodeURIComponent(pathname.slice(1)) || 'precare',
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
  }
}
