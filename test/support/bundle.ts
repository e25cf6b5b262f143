import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Plugin, type Rolldown } from 'vite'

/**
 * Broker and hub as one file each, for the hundreds of processes that the journeys start: loading the same 700 modules one
 * by one took half of a start. Made anew from the sources at each run of the tests; test/support/mains.ts says where.
 */

const ENTRIES = { broker: 'broker/main.ts', hub: 'gateway/main.ts' }
/** With native parts, files beside them, an order of loading, or replaced by simulators/bluetooth/register.ts. */
const BY_NODE = [
  /^@abandonware\//,
  /serialport/,
  'dbus-next',
  'pino',
  'thread-stream',
  /^@peculiar\//,
  'reflect-metadata',
]

/** Each module goes on reading what lies beside its source, and only the entry is run. */
const inPlace: Plugin = {
  name: 'in-place',
  transform(code, id) {
    if (id.includes('/node_modules/') || !code.includes('import.meta')) return null
    return code
      .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href))
      .replaceAll('import.meta.dirname', JSON.stringify(dirname(id)))
      .replaceAll('import.meta.main', 'false')
  },
}

/** For vitest, before everything else. */
export default async function setup(): Promise<void> {
  const made = (await build({
    configFile: false,
    logLevel: 'warn',
    plugins: [inPlace],
    ssr: { noExternal: true, external: [] },
    build: {
      ssr: true,
      write: false,
      minify: false,
      target: 'esnext',
      rolldownOptions: { input: ENTRIES, external: BY_NODE },
    },
  })) as Rolldown.RolldownOutput
  const files = made.output.flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file.code] as const] : []))
  const folder = keep(files)
  process.env['TEST_BROKER'] = join(folder, 'broker.js')
  process.env['TEST_HUB'] = join(folder, 'hub.js')
}

/** By its content, so that two runs at once do not disturb each other and Node's cache of compiled code stays good. */
function keep(files: readonly (readonly [name: string, code: string])[]): string {
  const hash = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16)
  const cache = resolve('node_modules/.cache/bundles')
  const folder = join(cache, hash)
  if (existsSync(folder)) return folder
  mkdirSync(cache, { recursive: true })
  forgetOld(cache)
  const making = mkdtempSync(join(cache, 'making-'))
  for (const [name, code] of files) {
    mkdirSync(dirname(join(making, name)), { recursive: true })
    writeFileSync(join(making, name), code)
  }
  writeFileSync(join(making, 'package.json'), '{"type":"module"}')
  try {
    renameSync(making, folder)
  } catch (error) {
    rmSync(making, { recursive: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

/** A day on, no run is under way that was begun with them. */
function forgetOld(cache: string): void {
  const old = (name: string) =>
    (statSync(join(cache, name), { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < Date.now() - 24 * 3_600_000
  for (const name of readdirSync(cache).filter(old)) rmSync(join(cache, name), { recursive: true, force: true })
}
