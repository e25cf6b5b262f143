import { statSync } from 'node:fs'
import { request } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { LogFields } from '../../../gateway/log.ts'
import { visitDesk } from '../../../gateway/visit/desk.ts'
import { VISIT_ROUTES } from '../../../gateway/visit/routes.ts'
import { openVisitServer } from '../../../gateway/visit/server.ts'
import { askForWindow, readWindow, socketIn } from '../../../gateway/visit/window.ts'
import { aHome, testOffice, visitIn } from './visit-fixture.ts'

const CODE = '12345678'
const PAGE = { 'x-precare-visit': '1', 'content-type': 'application/json' }

async function aPage(options: { socket?: boolean } = {}) {
  const { home, clock } = await aHome({ reached: false })
  const visit = visitIn(home, testOffice(), clock)
  await visit.refresh(new AbortController().signal)
  const wish = { minutes: 5, host: '127.0.0.1', port: 0, bootId: clock.bootId, now: clock.now() }
  const window = askForWindow(home.dataDir, wish, CODE)
  const lines: (LogFields & { event: string })[] = []
  const note = (event: string, fields?: LogFields) => void lines.push({ event, ...fields })
  let closed = 0
  const server = await openVisitServer({
    window,
    desk: visitDesk(visit),
    log: { info: note, warn: note, error: note },
    close: () => {
      closed += 1
    },
    ...(options.socket === true && { socket: socketIn(home.dataDir) }),
  })
  onTestFinished(() => server.close())
  const signIn = (code: string) =>
    fetch(`${server.url}/api/sign-in`, { method: 'POST', headers: PAGE, body: JSON.stringify({ code }) })
  return { server, home, clock, lines, signIn, closed: () => closed }
}

const paths = VISIT_ROUTES.map(({ path }) => path.replace(':id', 'cuff-0001'))

describe('the page of a visit', () => {
  it.each(paths)('%s answers nobody who did not give the code', async (path) => {
    const { server } = await aPage()
    const answer = await fetch(`${server.url}${path}`, { method: 'POST', headers: PAGE, body: '{}' })
    expect(answer.status).toBe(401)
    const forged = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { ...PAGE, cookie: `precare_visit=${'0'.repeat(64)}` },
      body: '{}',
    })
    expect(forged.status).toBe(401)
  })

  it.each(paths)('%s is not to be called by a page of another site', async (path) => {
    const { server, signIn } = await aPage()
    const cookie = (await signIn(CODE)).headers.get('set-cookie')?.split(';')[0] ?? ''
    // A form of another site can send the cookie's request, but no header of its own.
    const answer = await fetch(`${server.url}${path}`, { method: 'POST', headers: { cookie } })
    expect(answer.status).toBe(403)
  })

  it.each(paths)('%s refuses what it does not know, and says which field', async (path) => {
    const { server, signIn } = await aPage()
    const cookie = (await signIn(CODE)).headers.get('set-cookie')?.split(';')[0] ?? ''
    const answer = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { ...PAGE, cookie },
      body: '{"surprise":1}',
    })
    expect(answer.status).toBe(400)
    expect(JSON.stringify(await answer.json())).toMatch(/surprise|place|reason|Invalid/)
  })

  it('gives a cookie that no script reads and no other site sends', async () => {
    const { signIn } = await aPage()
    const answer = await signIn('1234 5678')
    expect(answer.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict/)
  })

  it('allows scripts, styles and calls of its own only, and no frame around it', async () => {
    const { server } = await aPage()
    const policy = (await fetch(`${server.url}/`)).headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
  })

  it('closes after five wrong codes, also for the right one', async () => {
    const { signIn, closed, lines } = await aPage()
    for (let i = 0; i < 5; i += 1) expect((await signIn('00000000')).status).toBe(401)
    expect(closed()).toBe(1)
    expect((await signIn(CODE)).status).toBe(401)
    expect(JSON.stringify(lines)).not.toContain('00000000')
  })

  it('needs no code on its socket, which is its owner’s alone', async () => {
    const { home } = await aPage({ socket: true })
    const socketPath = socketIn(home.dataDir)
    expect(statSync(socketPath).mode & 0o777).toBe(0o600)
    const status = await new Promise((resolve, reject) => {
      request({ socketPath, path: '/api/visit', headers: { 'x-precare-visit': '1' } }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
        .once('error', reject)
        .end()
    })
    expect(status).toBe(200)
  })

  it('is over when its time is, and when the machine was booted anew', async () => {
    const { home, clock } = await aPage()
    const { bootId } = clock
    expect(readWindow(home.dataDir, bootId, clock.now())).toBeDefined()
    expect(readWindow(home.dataDir, bootId, clock.now() + 5 * 60_000)).toBeUndefined()
    expect(readWindow(home.dataDir, 'another-boot', clock.now())).toBeUndefined()
  })
})
