import { messageOf } from '../../device-drivers/errors.ts'
import type { Channel } from './channel.ts'
import type { ChannelSettings } from './document.ts'
import { openEmail } from './email.ts'
import { ATTEMPT_MS } from './message.ts'
import { readSecret, readSigningSecret } from './secrets.ts'
import { openWebhook } from './webhook.ts'

/** The channels of a document, opened with their secrets. */

interface Ports {
  readonly clock: { now(): number }
  readonly env?: NodeJS.ProcessEnv
  /** Bound of one attempt, ms. */
  readonly deadlineMs?: number
  /** A channel whose secret is missing: its messages fail and the others go on. */
  readonly onUnusable: (channel: string, reason: string) => void
}

export function openChannels(settings: readonly ChannelSettings[], ports: Ports): ReadonlyMap<string, Channel> {
  return new Map(
    settings.map((one) => {
      try {
        return [one.id, openChannel(one, ports)]
      } catch (error) {
        ports.onUnusable(one.id, messageOf(error))
        return [one.id, UNUSABLE]
      }
    }),
  )
}

/** @throws PreCareError 'config-invalid' when a secret is missing, readable by others or too short */
export function openChannel(settings: ChannelSettings, ports: Omit<Ports, 'onUnusable'>): Channel {
  const { clock, env = process.env, deadlineMs = ATTEMPT_MS } = ports
  if (settings.type === 'webhook') {
    const { id, url, secret, receiptWithinS } = settings
    return openWebhook({
      url,
      secret: readSigningSecret(secret, `secret of channel ${id}`, env),
      clock,
      deadlineMs,
      ...(receiptWithinS === undefined ? {} : { receiptWithinMs: receiptWithinS * 1000 }),
    })
  }
  const { id, host, port, from, username, password } = settings
  return openEmail({
    host,
    port,
    from,
    deadlineMs,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: readSecret(password, `password of channel ${id}`, env) }),
  })
}

const UNUSABLE: Channel = {
  receiptWithinMs: undefined,
  receiptSecret: undefined,
  send: () => Promise.resolve({ outcome: 'permanent', reason: 'channel-unusable' }),
  close: () => undefined,
}
