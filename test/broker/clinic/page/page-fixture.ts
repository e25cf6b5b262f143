import { mkdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import type { Page, Route } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import type { WorkList } from '../../../../broker/clinic/shapes.ts'
import type { Role } from '../../../../broker/rights/decide.ts'
import { startChromiumShell } from '../../../support/chromium.ts'

/** The built page in a real browser, under the policy with which the broker serves it, and answers that a test makes up. */

const BUILT = join(import.meta.dirname, '../../../../dist/pages/clinic')
const OUTPUT = join(import.meta.dirname, '../../../../test-output/clinic')
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'"
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
}

/** What the broker answers, by `METHOD /path` (without query); a function may look at the request. */
export type Said =
  | { readonly status?: number; readonly body: unknown; readonly etag?: string }
  /** The line is cut. */
  | 'unreachable'
export interface Heard {
  readonly body: unknown
  readonly ifMatch: string | undefined
}
export type Answers = Readonly<Record<string, (heard: Heard) => Said | Promise<Said>>>

export const refusal = (status: number, code: string, advice: string): Said => ({
  status,
  body: { error: { code, advice } },
})

const NOBODY_WAITS: WorkList = {
  at: '2026-11-22T11:00:00.000Z',
  cursor: 0,
  items: [],
  counts: { red: 0, yellow: 0, blue: 0, unknown: 0, paused: 0 },
  calm: 0,
}

async function serveBuilt(): Promise<string> {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://page').pathname)
    const file = join(BUILT, path === '/' ? 'index.html' : path)
    const content = await readFile(file).catch(() => undefined)
    response.setHeader('content-security-policy', POLICY)
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream')
    response.statusCode = content === undefined ? 404 : 200
    response.end(content)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function answer(route: Route, answers: Answers): Promise<void> {
  const request = route.request()
  const { pathname } = new URL(request.url())
  const make = answers[`${request.method()} ${pathname}`]
  if (make === undefined) {
    await route.fulfill({ status: 404, json: { error: { code: 'not-found', advice: 'There is nothing here.' } } })
    return
  }
  const ifMatch = request.headers()['if-match']
  const said = await make({ body: request.postDataJSON(), ifMatch })
  if (said === 'unreachable') {
    await route.abort()
    return
  }
  const headers = said.etag === undefined ? {} : { etag: said.etag }
  // A request that the page has given up needs no answer.
  await route.fulfill({ status: said.status ?? 200, json: said.body, headers }).catch(() => undefined)
}

export interface Shown {
  readonly page: Page
  readonly shoot: (name: string) => Promise<void>
  /** What the page did that it must not: errors, breaches of the policy, calls to other hosts. */
  readonly faults: readonly string[]
}

/**
 * The page as somebody with this role sees it, in Danish; at the end of the test it must not have done wrong.
 * @param hash where in the page: `#/fleet`
 */
export async function openPage(
  role: Role,
  hash: string,
  answers: Answers,
  { at, ...look }: { width?: number; height?: number; scheme?: 'light' | 'dark'; at?: string } = {},
): Promise<Shown> {
  const url = await serveBuilt()
  const browser = await startChromiumShell()
  const page = await browser.newPage({
    viewport: { width: look.width ?? 1280, height: look.height ?? 900 },
    colorScheme: look.scheme ?? 'light',
    reducedMotion: 'reduce',
    timezoneId: 'America/New_York',
  })
  if (at !== undefined) await page.clock.install({ time: at })
  const faults: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) faults.push(`asked ${request.url()}`)
  })
  page.on('pageerror', (error) => faults.push(error.message))
  await page.exposeFunction('tellFault', (fault: string) => faults.push(fault))
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', ({ violatedDirective, sample }) =>
    tellFault('breaks ' + violatedDirective + ': ' + sample))`)
  const who = { user: 'user-0001', displayName: 'Kim Holm', organisation: 'clinic-1', role }
  const session = { ...who, endsAt: '2027-01-01T00:00:00.000Z', factorMissing: false }
  const common: Answers = {
    'GET /v1/session': () => ({ body: session }),
    'GET /v1/work-list': () => ({ body: NOBODY_WAITS }),
    'GET /v1/changes': () => 'unreachable',
  }
  await page.route('**/v1/**', (route) => answer(route, { ...common, ...answers }))
  await page.goto(`${url}/${hash}`)
  onTestFinished(() => expect(faults).toEqual([]))
  mkdirSync(OUTPUT, { recursive: true })
  const shoot = async (name: string) => {
    await page.screenshot({ path: join(OUTPUT, `${name}.png`), fullPage: true })
  }
  return { page, shoot, faults }
}

/** Whether something is wider than the window, or too small to hit (WCAG 2.2, 1.4.10 and 2.5.8). */
export const layoutFaults = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(`(() => {
    const faults = []
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth > clientWidth) faults.push('scrolls sideways: ' + scrollWidth + ' > ' + clientWidth)
    for (const target of document.querySelectorAll('button, input, select, textarea, summary')) {
      const { width, height, right } = target.getBoundingClientRect()
      // The link that skips to the content comes into the window with the focus.
      if (right < 0) continue
      if (width > 0 && (width < 24 || height < 24)) faults.push('small: ' + target.outerHTML.slice(0, 80))
    }
    return faults
  })()`)
