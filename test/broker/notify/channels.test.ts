import { chmodSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Outbound } from '../../../broker/notify/channel.ts'
import { openEmail } from '../../../broker/notify/email.ts'
import { readSecret, readSigningSecret } from '../../../broker/notify/secrets.ts'
import { isSigned, REPLAY_WINDOW_S, sign } from '../../../broker/notify/signature.ts'
import { openWebhook } from '../../../broker/notify/webhook.ts'
import { urlProblem } from '../../../broker/notify/webhook-url.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { SECRET, START, startProvider } from './fixture.ts'

/** The ways out, against real servers on this machine. */

const KEY = '0123456789abcdef0123456789abcdef'
const outbound = (address: string): Outbound => ({
  key: KEY,
  person: 'nurse-1',
  address,
  language: 'da',
  notice: { purpose: 'alert', count: 1, items: [{ subject: 'alert-0001', level: 'red' }] },
  text: { subject: 'Rød alarm alert-0001', body: 'Rød alarm alert-0001: Iltmætning\nSe https://x.example/1' },
})
const forever = new AbortController().signal
const clock = { now: () => START }

describe('a webhook', () => {
  const open = (url: string) => openWebhook({ url, secret: SECRET, clock })

  test('is signed over the time and the bytes, and names the key', async () => {
    const provider = await startProvider()
    expect(await open(provider.url).send(outbound('+45 1'), forever)).toEqual({ outcome: 'accepted' })
    const [one] = provider.received
    expect(one?.key).toBe(KEY)
    expect(isSigned(SECRET, one?.raw ?? '', one?.signature, START)).toBe(true)
    expect(one?.body).toMatchObject({ key: KEY, address: '+45 1', language: 'da', count: 1, purpose: 'alert' })
  })

  test.each([
    [200, 'accepted'],
    [302, 'permanent'],
    [404, 'permanent'],
    [408, 'transient'],
    [429, 'transient'],
    [503, 'transient'],
  ] as const)('that is answered %i is %s', async (status, outcome) => {
    const provider = await startProvider()
    provider.answer = () => status
    expect((await open(provider.url).send(outbound('x'), forever)).outcome).toBe(outcome)
    expect(provider.received).toHaveLength(1)
  })

  test('to where nobody listens may be tried again', async () => {
    expect(await open('http://127.0.0.1:1/').send(outbound('x'), forever)).toEqual({
      outcome: 'transient',
      reason: expect.stringMatching(/^[A-Z]\w+$/),
    })
  })

  test('that ends with the process is no failure of the provider', async () => {
    const provider = await startProvider()
    provider.answer = () => 'hang'
    const stop = new AbortController()
    const sent = open(provider.url).send(outbound('x'), stop.signal)
    stop.abort()
    expect((await sent).outcome).toBe('transient')
  })

  test.each([
    ['https://sms.example.org/messages', undefined],
    ['https://10.1.2.3/messages', undefined],
    ['http://127.0.0.1:9000/', undefined],
    ['http://[::1]:9000/', undefined],
    ['http://sms.example.org/', /https/],
    ['http://10.1.2.3/', /https/],
    ['https://user:password@sms.example.org/', /password/],
    ['https://169.254.169.254/latest/meta-data', /link-local/],
    ['https://[fe80::1]/', /link-local/],
    ['https://2852039166/', /link-local/],
    ['ftp://sms.example.org/', /https/],
    ['sms.example.org', /URL/],
  ])('may point to %s: %s', (url, problem) => {
    if (problem === undefined) expect(urlProblem(url)).toBeUndefined()
    else expect(urlProblem(url)).toMatch(problem)
  })
})

describe('a signature', () => {
  const header = sign(SECRET, 'body', START)

  test.each([
    ['of the same body, in time', 'body', header, START, true],
    ['at the end of the window', 'body', header, START + REPLAY_WINDOW_S * 1000, true],
    ['after the window', 'body', header, START + REPLAY_WINDOW_S * 1000 + 1, false],
    ['before the window', 'body', header, START - REPLAY_WINDOW_S * 1000 - 1, false],
    ['of another body', 'Body', header, START, false],
    ['with another time', 'body', header.replace(/t=\d/, 't=2'), START, false],
    ['that is none', 'body', 'v1=', START, false],
    ['that is missing', 'body', undefined, START, false],
  ] as const)('%s', (_name, body, given, now, good) => {
    expect(isSigned(SECRET, body, given, now)).toBe(good)
  })

  test('of another secret is none', () => {
    expect(isSigned(`${SECRET}!`, 'body', header, START)).toBe(false)
  })
})

describe('e-mail', () => {
  interface Mail {
    readonly to: string
    readonly text: string
  }

  async function startServer(options: SMTPServerOptions = {}) {
    const mails: Mail[] = []
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData(stream, session, done) {
        let text = ''
        stream.on('data', (chunk) => {
          text += String(chunk)
        })
        stream.on('end', () => {
          mails.push({ to: session.envelope.rcptTo.map(({ address }) => address).join(), text })
          done()
        })
      },
      ...options,
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
    const { port } = server.server.address() as AddressInfo
    return { mails, port }
  }
  const open = (port: number, more = {}) => openEmail({ host: '127.0.0.1', port, from: 'precare@example.org', ...more })
  const refusing = (responseCode: number): SMTPServerOptions => ({
    onRcptTo: (_address, _session, done) => done(Object.assign(new Error('no'), { responseCode })),
  })

  test('goes out with the same Message-ID at every attempt, and asks for no automatic answer', async () => {
    const { mails, port } = await startServer()
    for (let i = 0; i < 2; i += 1) {
      expect(await open(port).send(outbound('anna@example.org'), forever)).toEqual({ outcome: 'accepted' })
    }
    expect(mails).toHaveLength(2)
    for (const { to, text } of mails) {
      expect(to).toBe('anna@example.org')
      expect(text).toMatch(new RegExp(`^Message-ID: <${KEY}@example\\.org>\r$`, 'm'))
      expect(text).toMatch(/^Auto-Submitted: auto-generated\r$/m)
      expect(text).toMatch(/^Subject: =\?UTF-8\?/m)
    }
  })

  test.each([
    [451, 'transient'],
    [550, 'permanent'],
  ] as const)('that the server answers with %i is %s', async (status, outcome) => {
    const { port } = await startServer(refusing(status))
    expect(await open(port).send(outbound('anna@example.org'), forever)).toEqual({ outcome, reason: `smtp-${status}` })
  })

  test('to a server that says nothing ends with the deadline', async () => {
    const { port } = await startServer({ onConnect: () => undefined })
    expect(await open(port, { deadlineMs: 100 }).send(outbound('anna@example.org'), forever)).toMatchObject({
      outcome: 'transient',
    })
  })

  test('with a wrong password can be tried again when a person has corrected it, and does not say the password', async () => {
    const { port } = await startServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => done(new Error('wrong')),
    })
    const sent = await open(port, { username: 'precare', password: 'hunter2' }).send(outbound('a@example.org'), forever)
    expect(sent.outcome).toBe('transient')
    expect(JSON.stringify(sent)).not.toContain('hunter2')
  })
})

describe('a secret', () => {
  test('comes from a variable or from a file that only its owner may read', () => {
    const file = join(tempDir(), 'secret')
    writeFileSync(file, `${SECRET}\n`, { mode: 0o600 })
    expect(readSecret({ file }, 'x')).toBe(SECRET)
    expect(readSecret({ env: 'PRECARE_X' }, 'x', { PRECARE_X: SECRET })).toBe(SECRET)
    chmodSync(file, 0o640)
    expect(() => readSecret({ file }, 'password of mail')).toThrow(/password of mail: .* chmod 600/)
    expect(() => readSecret({ env: 'PRECARE_X' }, 'x', {})).toThrow(/PRECARE_X is empty/)
  })

  test('that signs is too long to be guessed', () => {
    expect(() => readSigningSecret({ env: 'PRECARE_X' }, 'x', { PRECARE_X: 'short' })).toThrow(/at least 32/)
  })
})
