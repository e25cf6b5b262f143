import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Longest first, from the first run on. Vitest knows how long a file took once it has run it; in a clean checkout it goes by
 * size, and a small journey that waits for half a minute was begun last, with three workers idle beside it: 349 s instead
 * of 290 s for all tests on two cores.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const place = ({ project, moduleId }: TestSpecification): number => {
      const at = LONG.indexOf(relative(this.ctx.config.root, moduleId))
      return (project.name === sorted[0]?.project.name ? 0 : LONG.length + 1) + (at === -1 ? LONG.length : at)
    }
    return sorted.sort((a, b) => place(a) - place(b))
  }
}

/** Seven seconds and more. One that is missing here costs time and nothing else. */
export const LONG: readonly string[] = [
  'test/journeys/clinic-page.test.ts',
  'test/journeys/kill-nine.test.ts',
  'test/journeys/watch.test.ts',
  'test/journeys/demo.test.ts',
  'test/gateway/visit/injected-failures.test.ts',
  'test/gateway/update/process.test.ts',
  'test/journeys/link.test.ts',
  'test/broker/clinic/page/settings-limits.test.ts',
  'test/broker/clinic/page/citizen-page.test.ts',
  'test/journeys/alerting.test.ts',
  'test/broker/clinic/page/work-list.test.ts',
  'test/broker/alerts/order.test.ts',
  'test/broker/clinic/page/citizen-speed.test.ts',
  'test/journeys/visit.test.ts',
  'test/gateway/kit/serial-lines.test.ts',
  'test/gateway/kit/own-protocols.test.ts',
  'test/broker/process.test.ts',
  'test/broker/clinic/page/fleet.test.ts',
  'test/journeys/broker-disk.test.ts',
  'test/journeys/wire.test.ts',
  'test/device-drivers/random-bytes.test.ts',
  'test/journeys/kills.test.ts',
  'test/broker/clinic/page/open-for-a-day.test.ts',
  'test/journeys/disk-process.test.ts',
  'test/gateway/kit/vendor-ble.test.ts',
  'test/gateway/update/power-cut.test.ts',
  'test/gateway/visit/page-certificate.test.ts',
  'test/journeys/watchdog.test.ts',
  'test/gateway/trials.test.ts',
  'test/gateway/main.test.ts',
  'test/journeys/out-of-everything.test.ts',
  'test/gateway/transport/noble-adapter.test.ts',
  'test/journeys/power-cut.test.ts',
  'test/journeys/stop.test.ts',
  'test/broker/clinic/page/settings-access.test.ts',
  'test/journeys/tls.test.ts',
  'test/broker/clinic/page/citizen-actions.test.ts',
  'test/broker/clinic/page/sign-in.test.ts',
  'test/broker/http/routes.test.ts',
  'test/broker/identity/process.test.ts',
  'test/broker/accounts.test.ts',
  'test/gateway/visit/swap.test.ts',
  'test/broker/alerts/plan/year.test.ts',
  'test/gateway/backup.test.ts',
  'test/broker/identity/tls.test.ts',
  'test/gateway/visit/commissioning.test.ts',
]
