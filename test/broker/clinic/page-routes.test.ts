import { mkdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readPageFiles } from '../../../broker/clinic/page-files.ts'
import { PAGE_ROUTES } from '../../../broker/clinic/page-routes.ts'
import { openRoute } from '../../../broker/http/route.ts'
import { temporaryDirectory } from '../core-fixture.ts'
import { HOUSE, openHouse } from '../http/house.ts'

/** The page's files from a real port. */

const SCRIPT = `console.log(${JSON.stringify('x'.repeat(5_000))})`

function builtPage(): string {
  const folder = temporaryDirectory()
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>PreCare</title>')
  writeFileSync(join(folder, 'assets', 'index-abc.js'), SCRIPT)
  writeFileSync(join(folder, 'assets', 'index-abc.css'), 'body { margin: 0 }')
  writeFileSync(join(folder, 'assets', 'index-abc.js.map'), '{}')
  writeFileSync(join(folder, 'secret.key'), 'secret')
  return folder
}

test('the page is served with rules of its own, and everybody asks for it anew', async () => {
  const house = await openHouse(undefined, HOUSE, readPageFiles(builtPage()))
  const page = await house.get('/')
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('<title>PreCare')
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(page.headers.get('cache-control')).toBe('no-store')
  expect(page.headers.get('content-security-policy')).toBe(
    "default-src 'none';script-src 'self';style-src 'self';connect-src 'self';img-src 'self';font-src 'self';frame-ancestors 'none';base-uri 'none';form-action 'none'",
  )
  expect(page.headers.get('x-content-type-options')).toBe('nosniff')
})

test('what is named by its content is kept, and travels packed', async () => {
  const house = await openHouse(undefined, HOUSE, readPageFiles(builtPage()))
  const script = await house.get('/assets/index-abc.js')
  expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect(script.headers.get('content-encoding')).toBe('gzip')
  expect(script.headers.get('vary')).toContain('accept-encoding')
  expect(await script.text()).toBe(SCRIPT)
  for (const accepted of ['identity', 'gzip;q=0', 'br']) {
    const plain = await house.get('/assets/index-abc.js', undefined, { headers: { 'accept-encoding': accepted } })
    expect([accepted, plain.headers.get('content-encoding')]).toEqual([accepted, null])
    expect(await plain.text()).toBe(SCRIPT)
  }
})

test('nothing else is a file: no map, no key, no way up', async () => {
  const house = await openHouse(undefined, HOUSE, readPageFiles(builtPage()))
  const port = Number(new URL(house.server.url).port)
  const asked = (path: string) =>
    new Promise<number>((resolve) => {
      // As it is written: fetch would tidy the path up.
      request({ port, path }, (answer) => {
        answer.resume()
        resolve(answer.statusCode ?? 0)
      }).end()
    })
  for (const path of [
    '/assets/index-abc.js.map',
    '/assets/other.js',
    '/assets/../index.html',
    '/assets/..%2findex.html',
    '/assets/..%2fsecret.key',
    '/assets/%2e%2e/secret.key',
    '/secret.key',
    '/index.html',
    '/assets/',
  ]) {
    expect([path, await asked(path)]).toEqual([path, 404])
  }
})

test('without a built page the broker says how to build it', async () => {
  const house = await openHouse(undefined, HOUSE, new Map())
  const answer = await house.get('/')
  expect(answer.status).toBe(404)
  expect(await answer.json()).toMatchObject({ error: { advice: expect.stringContaining('npm run build:pages') } })
})

test('headers of an answer are of the page only', async () => {
  const other = openRoute({ method: 'GET', path: '/other', who: 'anybody', summary: '', answer: 'text' }, () => ({
    body: {},
  }))
  const house = await openHouse([...PAGE_ROUTES, other])
  expect((await house.get('/other')).headers.get('content-security-policy')).not.toContain('self')
})
