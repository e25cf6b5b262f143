import { expect, it, onTestFinished } from 'vitest'
import { influxdInstalled, startInfluxd } from '../support/influxd.ts'
import { optional } from '../support/optional.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { becomes, startStage } from './stage.ts'

/** Values of an oximeter's reading: saturation and pulse. */
const POINTS_EACH = 2

async function pointsIn(url: string): Promise<number> {
  const query = new URLSearchParams({ db: 'precare', q: 'SELECT count("value") FROM "readings"' })
  const answer = (await (await fetch(`${url}/query?${query}`)).json()) as {
    results: { series?: { values: [string, number][] }[] }[]
  }
  return answer.results[0]?.series?.[0]?.values[0]?.[1] ?? 0
}

optional('influxd', influxdInstalled)('a time-series database that is away', () => {
  it('fault 29: delays no receipt and no alert, and has everything once when it is back', async () => {
    const influxd = await startInfluxd()
    onTestFinished(() => influxd.stop())
    const line = await startTcpProxy(Number(new URL(influxd.url).port))
    onTestFinished(() => line.close())
    const home = await startStage({ brokerFlags: ['--influx', `http://127.0.0.1:${line.port}/precare`] })
    home.measure(100)
    await becomes(async () => home.stored() === 100 && (await home.metric('time_series_lag')) === 0)
    line.stop()
    line.cut()
    home.measure(200)
    await becomes(() => home.stored() === 300)
    await becomes(() => home.unsent() === 0)
    expect(await home.metric('time_series_lag')).toBe(200)
    line.cut()
    line.resume()
    await becomes(async () => (await home.metric('time_series_lag')) === 0)
    expect(await pointsIn(influxd.url)).toBe(300 * POINTS_EACH)
    await home.allIsWell()
  }, 120_000)
})
