import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { opened } from '../../gateway/opened-line.ts'

it('a connection that is called off while it is being made is cut, and says why', async () => {
  const server = createServer()
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const stop = new AbortController()
  // No TLS is agreed on: the server never says a word.
  const line = opened(connect({ port, host: '127.0.0.1' }), 'secureConnect', stop.signal)
  const refused = expect(line).rejects.toMatchObject({ code: 'uplink-lost', message: expect.stringContaining('late') })
  const [served] = (await once(server, 'connection')) as [Socket]
  served.resume()
  stop.abort(new Error('too late'))
  await refused
  await once(served, 'close')
})
