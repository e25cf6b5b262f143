import { readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { onTestFinished } from 'vitest'
import { PAGE_POLICY } from '../../../../broker/clinic/page-routes.ts'
import type { Change, Overview, SeriesAnswer, WorkList } from '../../../../broker/clinic/shapes.ts'
import { before, NOW, OVERVIEW, seriesAnswer } from './citizen-data.ts'

/** The built page behind the policy under which the broker serves it, and answers that a test can change at any time. */

const PAGE = join(import.meta.dirname, '../../../../dist/pages/clinic')

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

export interface Asked {
  readonly method: string
  readonly path: string
  readonly body: unknown
  readonly ifMatch: string | undefined
}

export interface CitizenServer {
  readonly url: string
  overview: (citizen: string) => Overview
  series: (citizen: string, from: string, to: string) => SeriesAnswer
  /** Answers a change; undefined: done. */
  refuse: (asked: Asked) => { readonly status: number; readonly code: string } | undefined
  /** Changes that the page asked for. */
  readonly changes: Asked[]
  /** Looks at overview or series. */
  readonly looks: string[]
  tell(change: Change): void
}

const WHO = {
  user: 'nurse-anna',
  displayName: 'Anna K.',
  organisation: 'clinic-0001',
  role: 'nurse',
  endsAt: before(-8),
  factorMissing: false,
}
const WORK_LIST = {
  at: NOW,
  cursor: 7,
  items: [],
  counts: { red: 0, yellow: 0, blue: 0, unknown: 0, paused: 0 },
  calm: 12,
} satisfies WorkList

export async function citizenServer(): Promise<CitizenServer> {
  const listening = new Set<ServerResponse>()
  let cursor = WORK_LIST.cursor
  const answers: Omit<CitizenServer, 'url'> = {
    overview: (citizen) => ({ ...OVERVIEW, citizen }),
    series: (_citizen, from, to) => seriesAnswer(from, to),
    refuse: () => undefined,
    changes: [],
    looks: [],
    tell(change) {
      cursor++
      for (const line of listening) line.write(`id: ${cursor}\nevent: alert\ndata: ${JSON.stringify(change)}\n\n`)
    },
  }

  function look(url: URL, response: ServerResponse): unknown {
    const [, , , citizen = '', what] = url.pathname.split('/')
    if (url.pathname === '/v1/session') return WHO
    if (url.pathname === '/v1/work-list') return WORK_LIST
    if (url.pathname.endsWith('/work-item')) return { item: null }
    if (url.pathname === '/v1/changes') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': here\n\n')
      listening.add(response)
      response.on('close', () => listening.delete(response))
      return undefined
    }
    if (what === 'overview') {
      answers.looks.push(url.pathname)
      return answers.overview(citizen)
    }
    if (what === 'series') {
      answers.looks.push(`${url.pathname}${url.search}`)
      return answers.series(citizen, url.searchParams.get('from') ?? '', url.searchParams.get('to') ?? '')
    }
    return null
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://page')
    response.setHeader('content-security-policy', PAGE_POLICY)
    if (!url.pathname.startsWith('/v1/')) {
      const file = url.pathname === '/' ? 'index.html' : normalize(url.pathname)
      response.setHeader('content-type', TYPES[extname(file)] ?? 'text/plain')
      try {
        response.end(readFileSync(join(PAGE, file)))
      } catch {
        response.writeHead(404).end()
      }
      return
    }
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (request.method === 'GET') {
      const answer = look(url, response)
      if (answer === null) json(404, { error: { code: 'not-found', advice: 'no such thing' } })
      else if (answer !== undefined) json(200, answer)
      return
    }
    let text = ''
    request.on('data', (piece) => {
      text += piece
    })
    request.on('end', () => {
      const ifMatch = request.headers['if-match']
      const asked: Asked = {
        method: request.method ?? '',
        path: url.pathname,
        body: text === '' ? undefined : JSON.parse(text),
        ifMatch,
      }
      const refusal = answers.refuse(asked)
      answers.changes.push(asked)
      if (refusal === undefined) json(200, {})
      else json(refusal.status, { error: { code: refusal.code, advice: 'look again' } })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  )
  const { port } = server.address() as AddressInfo
  return Object.assign(answers, { url: `http://127.0.0.1:${port}` })
}
