import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../../broker/broker-clock.ts'
import { openInflux } from '../../../broker/store/influx.ts'
import { point } from '../../contract/time-series.contract.ts'

/** A server with a bad habit: an InfluxDB on the wire as far as the habit lets it. */
async function badServer(
  write: (body: string, response: ServerResponse) => void,
): Promise<{ url: string; bodies: string[]; server: Server; sockets: () => number }> {
  const bodies: string[] = []
  let sockets = 0
  const server = createServer((request: IncomingMessage, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk
    })
    request.on('end', () => {
      if (request.url?.startsWith('/query')) return void response.end('{"results":[{"statement_id":0}]}')
      bodies.push(body)
      write(body, response)
    })
  })
  server.on('connection', (socket) => {
    sockets += 1
    socket.on('close', () => {
      sockets -= 1
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return { url: `http://127.0.0.1:${port}`, bodies, server, sockets: () => sockets }
}

const DEADLINE_MS = 300
const signal = AbortSignal.timeout(600_000)
const open = (url: string) => openInflux({ url, database: 'test' }, systemClock, DEADLINE_MS)

it.each([
  ['never answers', () => undefined],
  [
    'stops in the middle of the body',
    (_: string, response: ServerResponse) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{')
    },
  ],
  [
    'cuts the connection in the middle of the body',
    (_: string, response: ServerResponse) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{', () => response.destroy())
    },
  ],
  [
    'stops in the middle of a refusal',
    (_: string, response: ServerResponse) => {
      response.writeHead(400, { 'content-length': '100' })
      response.write('{')
    },
  ],
])('gives up on a server that %s, frees its socket, and goes on when it is well again', async (_, habit) => {
  let well = false
  const bad = await badServer((body, response) => (well ? response.writeHead(204).end() : habit(body, response)))
  const series = open(bad.url)
  for (let i = 0; i < 5; i++) {
    await expect(series.write([point('a')], signal)).rejects.toMatchObject({ code: 'time-series-unavailable' })
  }
  // Five calls and four sockets at most: a call that hangs must not keep its own.
  expect(bad.bodies).toHaveLength(5)
  well = true
  expect(await series.write([point('a')], signal)).toEqual([])
  await series.close()
})

it.each([[503], [500], [401], [404]])('takes %d for a fault of the server, not of the points', async (status) => {
  let answer = status
  const bad = await badServer((_, response) => response.writeHead(answer).end('{"error":"no"}'))
  const series = open(bad.url)
  for (let i = 0; i < 3; i++) {
    await expect(series.write([point('a')], signal)).rejects.toMatchObject({ code: 'time-series-unavailable' })
  }
  answer = 204
  expect(await series.write([point('a')], signal)).toEqual([])
  await series.close()
})

it('finds the one point of a thousand that the server refuses, and tries no good one in vain', async () => {
  const culprit = point('culprit', { ts: 777 })
  const bad = await badServer((body, response) => {
    if (body.includes(culprit.reading)) response.writeHead(400).end('{"error":"partial write: dropped=1"}')
    else response.writeHead(204).end()
  })
  const series = open(bad.url)
  const points = Array.from({ length: 1_000 }, (_, i) => (i === 777 ? culprit : point(`p${i}`, { ts: i })))
  expect(await series.write(points, signal)).toEqual([
    { point: culprit, reason: expect.stringContaining('partial write') },
  ])
  // Two requests for each halving of 1,000.
  expect(bad.bodies.length).toBeLessThanOrEqual(21)
  const written = bad.bodies
    .filter((body) => !body.includes(culprit.reading))
    .flatMap((body) => body.trim().split('\n'))
  expect(written).toHaveLength(999)
  await series.close()
})

it('sends one line per point, and no line for a point that must not be sent', async () => {
  const bad = await badServer((_, response) => response.writeHead(204).end())
  const series = open(bad.url)
  await series.write(
    [point('a', { value: 98.6 }), point('b', { device: 'x\ny' }), point('c', { value: Number.NaN })],
    signal,
  )
  expect(bad.bodies).toHaveLength(1)
  const line =
    /^readings,citizen=citizen-1,device=cuff-0001,quantity=systolic reading="[a-z2-7]{32}",value=98.6 \d{19}$/
  expect(bad.bodies[0]).toMatch(line)
  await series.close()
})

it('ends at once when the broker stops', async () => {
  const bad = await badServer(() => undefined)
  const stop = new AbortController()
  const series = openInflux({ url: bad.url, database: 'test' }, systemClock, 600_000)
  const writing = series.write([point('a')], stop.signal)
  while (bad.bodies.length === 0) await new Promise<void>((resolve) => setImmediate(resolve))
  stop.abort()
  await expect(writing).rejects.toMatchObject({ code: 'time-series-unavailable' })
  await series.close()
})
