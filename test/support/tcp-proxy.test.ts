import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'
import { until } from './temp-dir.ts'

/** Answers every byte with itself. */
const echo = createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket))

async function listening(): Promise<number> {
  if (!echo.listening) await once(echo.listen(0, '127.0.0.1'), 'listening')
  const address = echo.address()
  return typeof address === 'object' && address ? address.port : 0
}

/** Not `once`, which takes the reset itself for a failure. */
const closing = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))

describe('a disturbed line', () => {
  let proxy: TcpProxy
  let socket: Socket
  let heard = ''
  beforeEach(async () => {
    proxy = await startTcpProxy(await listening())
    heard = ''
    socket = connect(proxy.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      heard += chunk.toString()
    })
    await once(socket, 'connect')
  })
  afterEach(async () => {
    socket.destroy()
    await proxy.close()
    echo.close()
  })

  test('hands everything on, in order, also when it is slow', async () => {
    proxy.delay(2)
    for (const word of ['one ', 'two ', 'three']) socket.write(word)
    await until(() => heard === 'one two three')
    expect(proxy.open).toBe(1)
  })

  test('holds back what is said while it is stopped, and hands it on afterwards', async () => {
    proxy.stop()
    socket.write('late')
    const other = connect(await listening(), '127.0.0.1')
    other.write('x')
    await once(other, 'data')
    other.destroy()
    expect(heard).toBe('')
    proxy.resume()
    await until(() => heard === 'late')
  })

  test('resets the connection when it is cut, and takes the next one', async () => {
    const closed = closing(socket)
    proxy.cut()
    await closed
    const next = connect(proxy.port, '127.0.0.1')
    next.write('again')
    expect(String((await once(next, 'data'))[0])).toBe('again')
    next.destroy()
  })

  test('lets so many bytes of the answer through and loses the rest with the connection', async () => {
    proxy.dropAnswersAfter(3)
    const closed = closing(socket)
    socket.write('abcdef')
    await closed
    expect('abc'.startsWith(heard)).toBe(true)
  })
})
