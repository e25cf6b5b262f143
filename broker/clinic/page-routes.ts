import { type Answer, openRoute, type Route } from '../http/route.ts'
import type { PageFiles } from './page-files.ts'

/** The page itself: the same for everybody, with nothing of anybody in it. */

/** Scripts, styles and calls of our own only; styles that a script sets are not meant by style-src (CSP 3, 6.7.3). */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join(';')

/** The name of an asset changes with its content. */
const FOR_EVER = 'public, max-age=31536000, immutable'

const NOT_BUILT: Answer = {
  status: 404,
  body: {
    error: { code: 'not-found', advice: 'The page was not built: run `npm run build:pages` beside the broker.' },
  },
}
const NO_FILE: Answer = { status: 404, body: { error: { code: 'not-found', advice: 'There is nothing here.' } } }

function fileOf(files: PageFiles | undefined, name: string, headers: Readonly<Record<string, string>>): Answer {
  const file = files?.get(name)
  if (file === undefined) return files?.size ? NO_FILE : NOT_BUILT
  return { body: file.body, type: file.type, headers: { 'content-security-policy': PAGE_POLICY, ...headers } }
}

export const PAGE_ROUTES: readonly Route[] = [
  openRoute(
    {
      method: 'GET',
      path: '/',
      who: 'anybody',
      summary: 'the page for nurses, physicians and technicians',
      answer: 'text',
    },
    (_call, { pageFiles }) => fileOf(pageFiles, 'index.html', {}),
  ),
  openRoute(
    { method: 'GET', path: '/assets/:file', who: 'anybody', summary: 'scripts and styles of the page', answer: 'text' },
    ({ asked }, { pageFiles }) =>
      fileOf(pageFiles, `assets/${asked.parameters['file']}`, { 'cache-control': FOR_EVER }),
  ),
]
