import type { RawRecord, SerialLink, SessionEvent, Visit } from '../../../device-drivers/driver.ts'
import { isPreCareError, PreCareError } from '../../../device-drivers/errors.ts'
import { ieee11073 } from '../../../device-drivers/ieee11073/ieee11073.ts'
import { ValueQueue } from '../../../gateway/transport/value-queue.ts'
import type { SerialDevice } from '../../../simulators/devices/device.ts'
import type { ManualTime } from '../../../simulators/time.ts'
import { VISIT } from '../scripted-link.ts'

/** A session of the driver on a line with the other end in the test's hands, under the test's time. */

/** A line without an end of its own; the transports have one, and open it again. */
const FOR_EVER = 1e9

export interface Talk {
  readonly events: readonly SessionEvent[]
  readonly records: readonly RawRecord[]
  /** What the hub did, in order: 'record', 'commit', 'wrote <hex>'. */
  readonly log: readonly string[]
  readonly failure: PreCareError | undefined
  readonly ended: boolean
  /** Bytes from the agent. */
  hear(bytes: Uint8Array): void
  /** Moves the time in small steps and lets the session work in between. */
  pass(ms: number): Promise<void>
  /** The line is gone. */
  hangUp(): Promise<void>
}

export interface TalkOptions {
  readonly time: ManualTime
  /** What the hub writes. */
  readonly onWrite: (bytes: Uint8Array) => void
  /** Called between a record and its commit, as the disk is. */
  readonly onRecord?: (record: RawRecord) => void
  readonly visit?: Visit
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const STEP_MS = 50

export function startTalk({ time, onWrite, onRecord, visit = VISIT }: TalkOptions): Talk {
  const queue = new ValueQueue(time, () => undefined)
  const events: SessionEvent[] = []
  const records: RawRecord[] = []
  const log: string[] = []
  const state: { failure: PreCareError | undefined; ended: boolean } = { failure: undefined, ended: false }
  let open = true
  const link: SerialLink = {
    async write(bytes) {
      if (!open) throw new PreCareError('link-lost', 'the line is gone')
      log.push(`wrote ${Buffer.from(bytes).toString('hex')}`)
      onWrite(bytes)
    },
    chunks: (options) => queue.read(options?.idleMs ?? FOR_EVER),
  }

  // As the gateway does it: stored, committed, and only then the next one.
  const run = async (): Promise<void> => {
    for await (const event of ieee11073.session(link, visit)) {
      events.push(event)
      if (event.type !== 'record') continue
      log.push('record')
      records.push(event.record)
      onRecord?.(event.record)
      await ieee11073.commit?.(link, event.record)
      log.push('commit')
    }
  }
  run()
    .catch((error: unknown) => {
      if (!isPreCareError(error)) throw error
      state.failure = error
    })
    .finally(() => {
      state.ended = true
    })

  return {
    events,
    records,
    log,
    get failure() {
      return state.failure
    },
    get ended() {
      return state.ended
    },
    hear: (bytes) => queue.push(Uint8Array.from(bytes)),
    async pass(ms) {
      await settled()
      for (let left = ms; left > 0; left -= STEP_MS) {
        time.advance(Math.min(STEP_MS, left))
        await settled()
      }
    },
    async hangUp() {
      open = false
      queue.end()
      for (let i = 0; i < 20; i++) await settled()
    },
  }
}

/** A simulated agent at the other end. @param spoil what the line does to the agent's bytes */
export function talkWith(
  agent: SerialDevice,
  options: Omit<TalkOptions, 'onWrite'>,
  spoil: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes,
): Talk {
  let receive: (bytes: Uint8Array) => void = () => undefined
  const talk = startTalk({ ...options, onWrite: (bytes) => receive(bytes) })
  receive = agent.connect((bytes) => talk.hear(spoil(bytes))).receive
  return talk
}
