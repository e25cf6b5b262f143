import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'

/** Version of the package: beside the sources, or one folder further up from what the build emits. */
export function packageVersion(): string {
  for (const path of ['../package.json', '../../package.json']) {
    const file = new URL(path, import.meta.url)
    if (existsSync(file)) return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).version
  }
  return 'unknown'
}
