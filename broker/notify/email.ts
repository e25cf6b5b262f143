import type { Transporter } from 'nodemailer'
import type { Channel, Outbound } from './channel.ts'
import { ATTEMPT_MS, type Sent } from './message.ts'

/** Messages as e-mail. A mail server says that it took a mail, not that anybody has it: there are no receipts here. */

export interface EmailOptions {
  readonly host: string
  readonly port: number
  readonly from: string
  readonly username?: string
  readonly password?: string
  readonly deadlineMs?: number
}

/** Implicit TLS (RFC 8314, 3.3); on other ports STARTTLS is demanded. */
const SUBMISSIONS_PORT = 465
const LOOPBACK = /^(localhost|::1|127\.\d+\.\d+\.\d+)$/

export function openEmail({ host, port, from, username, password, deadlineMs = ATTEMPT_MS }: EmailOptions): Channel {
  const loopback = LOOPBACK.test(host)
  let opened: Promise<Transporter> | undefined
  // Loaded with the first mail: most brokers send none.
  async function open(): Promise<Transporter> {
    const { createTransport } = await import('nodemailer')
    return createTransport({
      host,
      port,
      secure: port === SUBMISSIONS_PORT,
      // A server that can't encrypt gets nothing; one on this machine need not.
      requireTLS: !loopback,
      ignoreTLS: loopback && port !== SUBMISSIONS_PORT,
      connectionTimeout: deadlineMs,
      greetingTimeout: deadlineMs,
      socketTimeout: deadlineMs,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(username === undefined || password === undefined ? {} : { auth: { user: username, pass: password } }),
    })
  }
  return {
    receiptWithinMs: undefined,
    receiptSecret: undefined,
    async send(message, signal) {
      const over = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)])
      const ended = new Promise<Sent>((resolve) => {
        over.addEventListener('abort', () => resolve({ outcome: 'transient', reason: 'TimeoutError' }), { once: true })
      })
      opened ??= open()
      const sent = opened
        .then((transport) => transport.sendMail(mailOf(message, from)))
        .then<Sent, Sent>(() => ({ outcome: 'accepted' }), failureOf)
      return Promise.race([sent, ended])
    },
    // What could not be opened was told with the mail.
    close: () => void opened?.then((transport) => transport.close()).catch(() => undefined),
  }
}

function mailOf({ key, address, text }: Outbound, from: string) {
  const domain = from.slice(from.lastIndexOf('@') + 1)
  return {
    from,
    to: address,
    subject: text.subject,
    text: text.body,
    // The same with every attempt: mail systems drop the second of two with one id (RFC 5322, 3.6.4).
    messageId: `<${key}@${domain}>`,
    // No out-of-office reply may answer it (RFC 3834, 5).
    headers: { 'Auto-Submitted': 'auto-generated', 'X-PreCare-Key': key },
  }
}

/** 5yz: the server will not take it later either (RFC 5321, 4.2.1). */
function failureOf(error: unknown): Sent {
  const status = error instanceof Error && 'responseCode' in error ? Number(error.responseCode) : 0
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed'
  // Wrong credentials are the server's 535, and a person can correct them while we go on trying.
  const permanent = status >= 500 && code !== 'EAUTH'
  return { outcome: permanent ? 'permanent' : 'transient', reason: status > 0 ? `smtp-${status}` : code }
}
