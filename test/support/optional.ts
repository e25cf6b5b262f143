import { describe, it } from 'vitest'

/**
 * `describe` for tests that need a program which not every machine has. Without it the tests are skipped with one line;
 * with REQUIRE_ALL=1, as in the pipeline, its absence is a failure.
 *
 * @example optional('influxd', existsSync('/usr/bin/influxd'))('InfluxDB', () => { ... })
 */
export function optional(name: string, available: boolean): (title: string, tests: () => void) => void {
  if (available) return describe
  if (process.env['REQUIRE_ALL'] === '1') {
    return (title) => {
      describe(title, () => {
        it(`needs ${name}`, () => {
          throw new Error(`${name} is not installed, and REQUIRE_ALL=1 demands it`)
        })
      })
    }
  }
  return (title, tests) => {
    process.stdout.write(`skipped: ${title} (${name} is not installed)\n`)
    describe.skip(title, tests)
  }
}
