import { connect, createServer } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../../broker/broker-clock.ts'
import { openInflux } from '../../../broker/store/influx.ts'
import { point, timeSeriesContract } from '../../contract/time-series.contract.ts'
import { type Influxd, influxdInstalled, startInfluxd } from '../../support/influxd.ts'
import { optional } from '../../support/optional.ts'

optional('influxd', influxdInstalled)('InfluxDB 1.x', () => {
  let influxd: Influxd
  let databases = 0
  const signal = AbortSignal.timeout(600_000)

  beforeAll(async () => {
    influxd = await startInfluxd()
  }, 30_000)
  afterAll(() => influxd.stop())

  const open = (database: string, url = influxd.url) => openInflux({ url, database }, systemClock)
  const ask = async (q: string) => {
    const answer = await fetch(`${influxd.url}/query`, { method: 'POST', body: new URLSearchParams({ q }) })
    // The headers come before the statement has run.
    expect(await answer.json()).toEqual({ results: [{ statement_id: 0 }] })
  }
  const span = { citizen: 'citizen-1', quantity: 'systolic', from: 0, to: Date.parse('2100-01-01T00:00:00Z') }

  timeSeriesContract('InfluxDB', async () => {
    databases += 1
    return open(`contract_${databases}`)
  })

  it('parts a batch until the point that the server refuses is alone', async () => {
    const series = open('conflict')
    const old = point('old', { ts: 1000 })
    await ask('CREATE DATABASE conflict')
    // Somebody else wrote text where numbers belong: the field has another type in that shard.
    const line = 'readings,citizen=someone value="text" 1'
    await fetch(`${influxd.url}/write?db=conflict`, { method: 'POST', body: line })
    const good = Array.from({ length: 9 }, (_, i) => point(`good ${i}`, { ts: Date.parse('2026-03-01T00:00:00Z') + i }))
    const refused = await series.write([...good.slice(0, 4), old, ...good.slice(4)], signal)
    expect(refused).toEqual([{ point: old, reason: expect.stringContaining('field type conflict') }])
    expect(await series.range(span, signal)).toHaveLength(9)
    await series.close()
  })

  it('makes its database anew when somebody dropped it', async () => {
    const series = open('dropped')
    await series.write([point('a')], signal)
    await ask('DROP DATABASE dropped')
    await expect(series.write([point('b')], signal)).rejects.toMatchObject({ code: 'time-series-unavailable' })
    await series.write([point('b')], signal)
    expect(await series.range(span, signal)).toHaveLength(1)
    await series.close()
  })

  it('writes again with the first call after the server is back', async () => {
    let up = false
    const proxy = createServer((socket) => {
      if (!up) return void socket.resetAndDestroy()
      const upstream = connect(Number(new URL(influxd.url).port), '127.0.0.1')
      socket.pipe(upstream).pipe(socket)
      socket.on('error', () => upstream.destroy())
      upstream.on('error', () => socket.destroy())
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const address = proxy.address()
    const series = open('back', `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
    for (let i = 0; i < 3; i++) {
      await expect(series.write([point('a')], signal)).rejects.toMatchObject({ code: 'time-series-unavailable' })
    }
    up = true
    expect(await series.write([point('a')], signal)).toEqual([])
    expect(await series.range(span, signal)).toHaveLength(1)
    await series.close()
    await new Promise((resolve) => proxy.close(resolve))
  })
})
