import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import type { Driver } from '../device-drivers/driver.ts'
import { messageOf, PreCareError } from '../device-drivers/errors.ts'
import { idSchema } from '../device-drivers/reading.ts'
import { type BoundDevices, readBoundDevices } from './bound-devices.ts'
import { isTimeZone } from './local-time.ts'
import { pairingWish } from './transport/bluez/pairing.ts'

/** The hub's configuration: one JSON file. Every problem is reported at once, by field, with what to write instead. */

const id = (what: string) =>
  z.string(`write the id of the ${what} as a text`).refine((text) => idSchema.safeParse(text).success, {
    error: `write 4 to 32 characters of a-z, 0-9 and hyphen, for example "${what}-0001"`,
  })
const driver = z.string('write the id of a driver as a text')
const options = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).default({})

const bluetoothDevice = z.strictObject({
  id: id('device'),
  driver,
  address: z
    .string('write the Bluetooth address as a text')
    .transform((address) => address.toLowerCase())
    .refine((address) => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(address), {
      error: 'write six pairs of hex digits with colons, for example "a4:c1:38:00:00:01"',
    }),
  options,
})

const serialDevice = z.strictObject({
  id: id('device'),
  driver,
  target: z
    .string('write the serial port as a text')
    .regex(
      /^(\/dev\/\S+|tcp:\/\/[^\s/:]+:\d{1,5})$/,
      'write "/dev/serial/by-id/..." (stable when replugged) or "tcp://host:port"',
    ),
  options,
})

const configSchema = z.strictObject({
  hub: id('hub'),
  /** Relative to the folder of the configuration file. */
  dataDir: z.string('write the folder for the outbox').min(1, 'write the folder for the outbox'),
  broker: z.strictObject(
    {
      url: z
        .string('write the address of the broker as a text')
        .regex(/^mqtts?:\/\/[^\s/]+\/?$/, 'write "mqtts://host:8883", or "mqtt://127.0.0.1:1883" on the same machine')
        .refine((url) => URL.canParse(url), 'write "mqtts://host:8883"'),
      username: z
        .string('write the user name the broker knows')
        .min(1, 'write the user name the broker knows')
        .optional(),
      password: z.string('write the password as a text').min(1, 'write the password').optional(),
      passwordFile: z.string('write the path of the file').min(1, 'write the path of the file').optional(),
    },
    'write {"url": ..., "username": ..., "passwordFile": ...}',
  ),
  timeZone: z
    .string('write a time zone as a text')
    .refine(isTimeZone, 'write a zone of the IANA database, for example "Europe/Copenhagen"')
    .default('Europe/Copenhagen'),
  bluetooth: z
    .strictObject({
      enabled: z.boolean('write true or false').default(true),
      adapter: z.int('write the number of the adapter: 0 for hci0').min(0).max(15).default(0),
      /** 'noble' has the adapter to itself; 'bluez' shares it with bluetoothd, whose kernel pairing some devices need. */
      transport: z.enum(['noble', 'bluez'], 'write noble or bluez').default('noble'),
      /** Boot the machine, once a day at most, when its radio stays deaf after all else; needs the right to do so. */
      mayReboot: z.boolean('write true or false').optional(),
    })
    .default({ enabled: true, adapter: 0, transport: 'noble' }),
  disk: z
    .strictObject({
      /** Boot the machine, once a day at most, when its disk takes no writes after all else; needs the right to do so. */
      mayReboot: z.boolean('write true or false').optional(),
    })
    .default({}),
  devices: z.array(bluetoothDevice, 'write a list of Bluetooth devices').default([]),
  serial: z.array(serialDevice, 'write a list of serial devices').default([]),
  logLevel: z.enum(['debug', 'info', 'warn', 'error'], 'write debug, info, warn or error').default('info'),
  healthEveryS: z.int('write whole seconds').min(1, 'write 1 or more').max(3600, 'write 3600 or less').default(60),
  /** How long receipted readings are kept, so that a broker restored from a backup can ask for them again. */
  retentionDays: z.int('write whole days').min(1, 'write 1 or more').max(365, 'write 365 or less').default(30),
})

type Parsed = z.infer<typeof configSchema>
export type HubConfig = Omit<Parsed, 'broker'> & {
  /** Credentials for plain text on one machine; over TLS the hub shows its certificate. */
  readonly broker: { readonly url: string; readonly username?: string; readonly password?: string }
}

/** What the configuration may refer to. */
export interface KnownDrivers {
  readonly drivers: readonly Driver[]
}

interface Problem {
  readonly field: string
  readonly advice: string
}

const fieldOf = (path: readonly PropertyKey[]): string =>
  path
    .reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${String(key)}`), '')
    .slice(1)

function driverProblem(field: string, wanted: string, serial: boolean, { drivers }: KnownDrivers): Problem[] {
  const fitting = drivers.filter(({ transport }) => (transport === 'serial') === serial)
  if (fitting.some(({ about }) => about.id === wanted)) return []
  const ids = fitting.map(({ about }) => about.id).join(', ')
  return [{ field, advice: `there is no ${serial ? 'serial' : 'Bluetooth'} driver "${wanted}"; write one of: ${ids}` }]
}

function passkeyProblem(field: string, given: z.infer<typeof options>): Problem[] {
  try {
    pairingWish(given, 'none')
    return []
  } catch (error) {
    return [{ field, advice: messageOf(error) }]
  }
}

function twice(entries: readonly { readonly field: string; readonly value: string }[], what: string): Problem[] {
  const seen = new Map<string, string>()
  return entries.flatMap(({ field, value }) => {
    const first = seen.get(value)
    if (first === undefined) seen.set(value, field)
    return first === undefined ? [] : [{ field, advice: `"${value}" is already ${first}; ${what}` }]
  })
}

/**
 * Plain text goes no further than this machine, and asks for a password. Over TLS the hub's certificate says who it is;
 * another broker may ask for a password as well.
 */
function credentialProblems({ url, username, password, passwordFile }: Parsed['broker']): Problem[] {
  const { protocol, hostname } = new URL(url)
  const secure = protocol === 'mqtts:'
  if (secure && username === undefined && password === undefined && passwordFile === undefined) return []
  const near = hostname === 'localhost' || hostname === '[::1]' || /^127\.[\d.]+$/.test(hostname)
  const oneSecret = (password === undefined) !== (passwordFile === undefined)
  return [
    ...(near || secure
      ? []
      : [{ field: 'broker.url', advice: 'write "mqtts://...": plain text stays on this machine' }]),
    ...(oneSecret ? [] : [{ field: 'broker', advice: 'write either "password" or "passwordFile"' }]),
    ...(username === undefined ? [{ field: 'broker.username', advice: 'write the user name the broker knows' }] : []),
  ]
}

function contradictions(config: Parsed, known: KnownDrivers): Problem[] {
  const { devices, serial, broker } = config
  const ids = [
    ...devices.map(({ id: value }, i) => ({ field: `devices[${i}].id`, value })),
    ...serial.map(({ id: value }, i) => ({ field: `serial[${i}].id`, value })),
  ]
  return [
    ...credentialProblems(broker),
    ...twice(ids, 'give each device its own id'),
    ...twice(
      devices.map(({ address: value }, i) => ({ field: `devices[${i}].address`, value })),
      'one address is one device',
    ),
    ...twice(
      serial.map(({ target: value }, i) => ({ field: `serial[${i}].target`, value })),
      'one port is one device',
    ),
    ...devices.flatMap((device, i) => driverProblem(`devices[${i}].driver`, device.driver, false, known)),
    ...devices.flatMap((device, i) => passkeyProblem(`devices[${i}].options.passkey`, device.options)),
    ...serial.flatMap((device, i) => driverProblem(`serial[${i}].driver`, device.driver, true, known)),
  ]
}

function refuse(problems: readonly Problem[]): never {
  throw new PreCareError('config-invalid', problems.map(({ field, advice }) => `${field}: ${advice}`).join('\n'))
}

/** What zod says when it has no sentence of ours: a missing or an unknown field. */
function adviceOf(issue: z.core.$ZodIssue): Problem[] {
  if (issue.code !== 'unrecognized_keys') return [{ field: fieldOf(issue.path) || 'file', advice: issue.message }]
  return issue.keys.map((key) => ({
    field: fieldOf([...issue.path, key]),
    advice: 'there is no such field; remove it or correct its name',
  }))
}

/**
 * @param value parsed JSON
 * @param readSecret gives the text of `passwordFile`
 * @throws PreCareError 'config-invalid', one line per problem: "devices[0].address: write ..."
 */
export function parseConfig(value: unknown, known: KnownDrivers, readSecret: (path: string) => string): HubConfig {
  const parsed = configSchema.safeParse(value)
  if (!parsed.success) return refuse(parsed.error.issues.flatMap(adviceOf))
  const problems = contradictions(parsed.data, known)
  if (problems.length > 0) return refuse(problems)
  const { url, username, password, passwordFile } = parsed.data.broker
  if (username === undefined) return { ...parsed.data, broker: { url } }
  return { ...parsed.data, broker: { url, username, password: password ?? secret(passwordFile ?? '', readSecret) } }
}

function secret(path: string, readSecret: (path: string) => string): string {
  try {
    const text = readSecret(path).trim()
    if (text.length > 0) return text
  } catch (error) {
    return refuse([{ field: 'broker.passwordFile', advice: `cannot be read (${messageOf(error)}); write its path` }])
  }
  return refuse([{ field: 'broker.passwordFile', advice: 'is empty; write the password into the file' }])
}

/** Reads and checks the file, and the devices that a technician has bound. Relative paths are relative to its folder. */
export function loadConfig(path: string, known: KnownDrivers): HubConfig {
  const folder = dirname(resolve(path))
  const read = (value: unknown) => parseConfig(value, known, (file) => readFileSync(resolve(folder, file), 'utf8'))
  const written = readJson(path)
  const { dataDir } = read(written)
  const bound = readBoundDevices(resolve(folder, dataDir))
  return { ...read(withBound(written, bound)), dataDir: resolve(folder, dataDir) }
}

const objectSchema = z.looseObject({
  devices: z.array(z.unknown()).default([]),
  serial: z.array(z.unknown()).default([]),
})

function withBound(written: unknown, bound: BoundDevices): unknown {
  const { devices, serial, ...rest } = objectSchema.parse(written)
  return { ...rest, devices: [...devices, ...bound.devices], serial: [...serial, ...bound.serial] }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    // The parser quotes the text around the fault, and that may be the password.
    const reason = error instanceof SyntaxError ? 'is no JSON; check commas, quotes and brackets' : messageOf(error)
    return refuse([{ field: 'file', advice: `${path} ${reason}` }])
  }
}
