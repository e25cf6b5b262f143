import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The built page, in memory: a handful of files, so that no path from outside ever reaches the disk. */

/** With a place of its own for the page that `npm run build:pages` makes; the same beside sources and built files. */
const PLACES = ['../../dist/pages/clinic/', '../../pages/clinic/']

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

export interface PageFile {
  readonly body: Buffer
  readonly type: string
}

/** By path below the page: `index.html`, `assets/index-Dx3k.js`. Empty when the page was not built. */
export type PageFiles = ReadonlyMap<string, PageFile>

/** @param folder where the built page lies; the house's own when absent */
export function readPageFiles(folder?: string): PageFiles {
  const place = folder ?? PLACES.map((from) => fileURLToPath(new URL(from, import.meta.url))).find(existsSync)
  if (place === undefined) return new Map()
  const files = ['', 'assets/'].flatMap((below) => {
    if (!existsSync(`${place}/${below}`)) return []
    const names = readdirSync(`${place}/${below}`)
    return names.flatMap((name): [string, PageFile][] => {
      const type = TYPES[extname(name)]
      // What has no type of a page is not served.
      return type === undefined ? [] : [[`${below}${name}`, { body: readFileSync(`${place}/${below}${name}`), type }]]
    })
  })
  return new Map(files)
}
