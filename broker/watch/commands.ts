import { Command } from 'commander'
import type { BrokerClock } from '../broker-clock.ts'
import { readJsonFile } from '../config.ts'
import { openLog } from '../log.ts'
import { parseWatchConfig } from './config.ts'
import { openWatch } from './watch.ts'

/** `npm run broker -- watch --config FILE`: a process of its own, with accounts of its own and no journal. */

/** Of `--once`: the test alert did not make its round in time. */
const EXIT_LATE = 2

export function watchCommand(clock: BrokerClock): Command {
  return new Command('watch')
    .description('prove every minute that a reading still becomes an alert, and say so when it does not')
    .requiredOption('--config <FILE>', 'JSON file; see broker/watch/README.md')
    .option('--once', `one round: exit status 0 when the test alert rose and cleared, ${EXIT_LATE} when not`)
    .action(async (flags: { config: string; once?: boolean }) => {
      const config = parseWatchConfig(readJsonFile(flags.config))
      const log = openLog('info')
      const stop = new AbortController()
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort(signal))
      const watching = openWatch(config, { clock, log })
      log.info('watching', { organisation: config.organisation })
      const stopped = new Promise<'stopped'>((resolve) => {
        stop.signal.addEventListener('abort', () => resolve('stopped'), { once: true })
      })
      const outcome = await (flags.once === true ? Promise.race([watching.first, stopped]) : stopped)
      await watching.close()
      log.info('stopped')
      process.exit(outcome === 'late' ? EXIT_LATE : 0)
    })
}
