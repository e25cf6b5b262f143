/**
 * Where a webhook may point. The URL is an administrator's, so an address inside the house is allowed; what is refused
 * is what can only be a mistake or a trap: plain text over a network, passwords in a URL, which end up in logs, and
 * link-local addresses, where cloud machines keep their credentials (RFC 3927; RFC 4291, 2.5.6).
 * @returns what to write instead; undefined when it is fine
 */
export function urlProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return 'use a URL, as https://sms.example.org/messages'
  const { protocol, hostname, username, password } = new URL(text)
  const host = hostname.replace(/^\[|\]$/g, '')
  if (username !== '' || password !== '') return 'leave the password out; requests are signed with the secret'
  if (/^169\.254\.|^fe[89ab][0-9a-f]:|^::ffff:a9fe:/i.test(host)) return 'a link-local address is no provider'
  if (protocol === 'https:') return undefined
  // The URL parser has made 127.1 and its like into dotted quads already (url.spec.whatwg.org, 3.5).
  if (protocol === 'http:' && /^(localhost|::1|127\.\d+\.\d+\.\d+)$/.test(host)) return undefined
  return 'use https; http is for 127.0.0.1 only'
}
