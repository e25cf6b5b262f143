import { mkdirSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { readPageFiles } from '../../../../broker/clinic/page-files.ts'
import { PAGE_POLICY } from '../../../../broker/clinic/page-routes.ts'
import type { Change, WorkItem, WorkList } from '../../../../broker/clinic/shapes.ts'
import { startChromiumShell } from '../../../support/chromium.ts'
import { aList } from './work-fixture.ts'

/** The built page in Chromium, in front of a server that says what the test wants. Screenshots: test-output/, outside git. */

const OUTPUT = join(import.meta.dirname, '../../../../test-output/clinic')

export interface StageWho {
  readonly user: string
  readonly displayName: string
  readonly organisation: string
  readonly role: string
  readonly endsAt: string
  readonly factorMissing: boolean
}
export const NURSE: StageWho = {
  user: 'nurse-0001',
  displayName: 'Karen Holm',
  organisation: 'clinic',
  role: 'nurse',
  endsAt: '2026-11-22T23:00:00.000Z',
  factorMissing: false,
}

export interface StageAnswer {
  readonly status?: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}
export interface StageCall {
  readonly method: string
  readonly path: string
  readonly body: unknown
  readonly seen: string | undefined
}

export interface Stage {
  readonly url: string
  readonly page: Page
  readonly context: BrowserContext
  readonly browser: Browser
  /** Who is signed in; undefined: nobody. */
  who: StageWho | undefined
  /** What `/v1/work-list` and each work item answer. */
  list: WorkList
  /** Answers of their own, by `METHOD /path`; 'cut': the connection breaks. */
  readonly answers: Map<string, (call: StageCall) => StageAnswer | 'cut'>
  readonly calls: StageCall[]
  /** Open streams of changes. */
  readonly streams: number
  /** Puts the item on the list, or takes the citizen off it, and tells. */
  change(change: Change, item: WorkItem | undefined): void
  beat(): void
  /** Cuts every stream; while `dead` is true none is opened again. */
  cut(dead: boolean): void
  /** What went to any other address, what threw, what the policy of the page forbade. */
  readonly faults: readonly string[]
  shoot(name: string): Promise<void>
}

export interface StageOptions {
  readonly who?: StageWho | undefined
  readonly list?: WorkList
  readonly viewport?: { readonly width: number; readonly height: number }
  readonly hash?: string
  readonly language?: 'da' | 'en'
  readonly scheme?: 'light' | 'dark'
  /** Before the page is opened. */
  readonly prepare?: (stage: Stage) => Promise<void> | void
}

const refusal = (status: number, code: string): StageAnswer => ({
  status,
  body: { error: { code, advice: 'Advice.' } },
})
export const SIGNED_OUT = refusal(403, 'signed-out')

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const files = readPageFiles()
  if (files.size === 0) throw new Error('build the page first: npm run build:pages')
  const streams = new Set<ServerResponse>()
  const faults: string[] = []
  let dead = false
  let cursor = 10

  const server = createServer((request, response) => void serve(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const browser = await startChromiumShell()
  const { viewport = { width: 1280, height: 800 }, scheme = 'light' } = options
  const context = await browser.newContext({ viewport, colorScheme: scheme, locale: 'da-DK' })
  if (options.language !== undefined) {
    await context.addInitScript((language) => localStorage.setItem('precare-language', language), options.language)
  }
  const page = await context.newPage()
  watch(page, url, faults)

  const stage: Stage = {
    url,
    page,
    context,
    browser,
    who: 'who' in options ? options.who : NURSE,
    list: options.list ?? aList([]),
    answers: new Map(),
    calls: [],
    faults,
    get streams() {
      return streams.size
    },
    change(change, item) {
      const others = stage.list.items.filter(({ citizen }) => citizen !== change.citizen)
      cursor += 1
      stage.list = aList(item === undefined ? others : [item, ...others], stage.list.at, cursor)
      for (const stream of streams) stream.write(`id: ${cursor}\nevent: alert\ndata: ${JSON.stringify(change)}\n\n`)
    },
    beat() {
      for (const stream of streams) stream.write(': there\n\n')
    },
    cut(now) {
      dead = now
      for (const stream of streams) stream.destroy()
    },
    async shoot(name) {
      mkdirSync(OUTPUT, { recursive: true })
      await page.screenshot({ path: join(OUTPUT, `${name}.png`), fullPage: false })
    },
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', url).pathname
    const file = files.get(path === '/' ? 'index.html' : path.slice(1))
    if (file !== undefined) {
      response.writeHead(200, { 'content-type': file.type, 'content-security-policy': PAGE_POLICY }).end(file.body)
      return
    }
    const method = request.method ?? 'GET'
    const call: StageCall = { method, path, body: await bodyOf(request), seen: request.headers['if-match'] }
    stage.calls.push(call)
    const own = stage.answers.get(`${method} ${path}`)?.(call)
    if (own === 'cut') return void response.destroy()
    if (own === undefined && path === '/v1/changes' && stage.who !== undefined) return open(response)
    const { status = 200, body = {}, headers = {} } = own ?? usual(call)
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }

  function open(response: ServerResponse): void {
    if (dead) return void response.destroy()
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 1000\n\n')
    streams.add(response)
    response.on('close', () => streams.delete(response))
  }

  function usual({ method, path }: StageCall): StageAnswer {
    if (path === '/v1/session/provider') return refusal(404, 'no-provider')
    if (stage.who === undefined) return SIGNED_OUT
    if (path === '/v1/session' && method === 'DELETE') {
      stage.who = undefined
      return {}
    }
    if (path === '/v1/session') return { body: stage.who }
    if (path === '/v1/work-list') return { body: stage.list }
    const [, citizen] = /^\/v1\/citizens\/([^/]+)\/work-item$/.exec(path) ?? []
    if (citizen !== undefined) {
      return { body: { item: stage.list.items.find((item) => item.citizen === citizen) ?? null } }
    }
    return refusal(404, 'not-found')
  }

  await options.prepare?.(stage)
  await page.goto(`${url}/${options.hash ?? ''}`)
  return stage
}

/** Another page of the same browser: it shares cookies and channels. */
export async function anotherPage(stage: Stage): Promise<Page> {
  const page = await stage.context.newPage()
  await page.goto(stage.url)
  return page
}

function watch(page: Page, url: string, faults: string[]): void {
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) faults.push(`outside: ${request.url()}`)
  })
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) faults.push(message.text())
  })
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const piece of request.setEncoding('utf8')) text += piece
  return text === '' ? undefined : JSON.parse(text)
}
