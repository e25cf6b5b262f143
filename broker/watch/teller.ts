import type { BrokerClock } from '../broker-clock.ts'
import type { Log } from '../log.ts'
import type { Channel } from '../notify/channel.ts'
import { keyOf } from '../notify/delivery.ts'
import type { Language } from '../notify/text.ts'
import { type Said, say } from './words.ts'

/** The watcher's own way to people: everything is tried until it is taken, in its order, under one key. */

export interface Target {
  readonly person: string
  readonly address: string
  readonly channel: Channel
}

export interface Teller {
  /** @param incident names what is told: the same words of one incident have one key. Returns at once. */
  tell(said: Said, incident: string): void
  /** Waits for nothing: what is in the air is given up. */
  close(): Promise<void>
}

const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 30_000
/** News of an hour ago is a reminder's matter. */
const GIVE_UP_MS = 60 * 60_000

export function openTeller(targets: readonly Target[], language: Language, clock: BrokerClock, log: Log): Teller {
  const stop = new AbortController()
  let queues = targets.map((target) => ({ target, tail: Promise.resolve() }))

  async function deliver({ person, address, channel }: Target, said: Said, key: string): Promise<void> {
    const until = clock.monotonic() + GIVE_UP_MS
    for (let pause = FIRST_RETRY_MS; !stop.signal.aborted; pause = Math.min(pause * 2, LONGEST_RETRY_MS)) {
      const sent = await channel.send({ key, person, address, language, ...say(said, language) }, stop.signal)
      if (sent.outcome === 'accepted') return log.info('told', { reason: wordOf(said) })
      log.warn('not-told', { reason: sent.reason })
      if (clock.monotonic() > until) return
      await clock.sleep(pause, stop.signal).catch(() => undefined)
    }
  }

  return {
    tell(said, incident) {
      queues = queues.map(({ target, tail }, i) => {
        const key = keyOf('watch', incident, i, typeof said === 'string' ? said : JSON.stringify(said))
        return { target, tail: tail.then(() => deliver(target, said, key)) }
      })
    },
    async close() {
      stop.abort()
      await Promise.all(queues.map(({ tail }) => tail))
      for (const { channel } of targets) channel.close()
    },
  }
}

const wordOf = (said: Said): string => (said === 'beat' ? 'beat' : 'late' in said ? said.late.join(' ') : 'well')
