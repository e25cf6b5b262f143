import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { pendingCap } from '../../broker/pending-cap.ts'

/** Time passes when the test says so. */
function stage(max = 2) {
  const due: (() => void)[] = []
  const cap = pendingCap(
    {
      sleep: (_ms, signal) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true })
          due.push(() => resolve())
        }),
    },
    max,
  )
  let port = 1
  const from = (remoteAddress: string) => {
    const socket = Object.assign(new EventEmitter(), { remoteAddress, remotePort: port++, destroyed: false })
    const destroy = () => {
      socket.destroyed = true
      socket.emit('close')
    }
    return Object.assign(socket, { destroy }) as unknown as Socket
  }
  const pass = async () => {
    for (const over of due.splice(0)) over()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { cap, from, pass }
}

test('a connection that has not said who it is in time is cut; one that has, stays', async () => {
  const { cap, from, pass } = stage()
  const [silent, known] = [from('192.0.2.1'), from('192.0.2.1')]
  expect(cap.admit(silent) && cap.admit(known)).toBe(true)
  cap.known(known)
  await pass()
  expect([silent.destroyed, known.destroyed]).toEqual([true, false])
})

test('an address has its share, and gets it back from connections that end or say who they are', async () => {
  const { cap, from } = stage()
  const [first, second] = [from('192.0.2.1'), from('192.0.2.1')]
  expect([cap.admit(first), cap.admit(second), cap.admit(from('192.0.2.1'))]).toEqual([true, true, false])
  expect(cap.admit(from('192.0.2.2')), 'another address').toBe(true)
  first.destroy()
  expect(cap.admit(from('192.0.2.1'))).toBe(true)
  cap.known(second)
  expect(cap.admit(from('192.0.2.1'))).toBe(true)
})

test('all addresses of one IPv6 network are one', () => {
  const { cap, from } = stage()
  const tried = ['2001:db8::1', '2001:db8::ffff:1', '2001:db8:0:0:1::9', '2001:db8:0:1::1'].map((a) =>
    cap.admit(from(a)),
  )
  expect(tried).toEqual([true, true, false, true])
})
