import { PreCareError } from '../device-drivers/errors.ts'
import { errorFields, type Log } from './log.ts'
import type { OutboxNotes } from './outbox-notes.ts'
import type { RadioHealth } from './transport/transport.ts'

/**
 * The upper rungs of the ladder for a radio that has gone deaf: the process is started anew, and if that brings nothing
 * the machine, at most once a day. Only upon evidence, since a house without neighbours is silent all day: devices that
 * never were silent are, or an adapter that worked is gone. What was done is noted on disk; else each new process would
 * begin again, and a deaf radio would be a hub that restarts for ever.
 */

/** By then the transport has tried each of its own steps twice. */
const DEAF_AFTER_MS = 3600_000
/** A machine that was booted within the day was not helped by that. */
const REBOOT_EVERY_MS = 24 * 3600_000
/** Name of the outbox's note. */
const NOTE = 'radio/remedy'

export type Remedy = 'service' | 'reboot'

export interface RadioFacts {
  readonly health: RadioHealth
  /** Something was heard since the process started. */
  readonly heard: boolean
  /** The radio worked at some time since the process started. */
  readonly wasReady: boolean
  /** Of the machine, ms. */
  readonly upMs: number
  /** What was done already since the radio last heard anything. */
  readonly done: Remedy | undefined
  /** Since a reboot that was refused, ms; absent when none was. */
  readonly refusedMsAgo?: number
}

/** The step that is due now, if one is. */
export function remedyFor({ health, heard, wasReady, upMs, done, refusedMsAgo }: RadioFacts): Remedy | undefined {
  if (health.silentForMs < DEAF_AFTER_MS || health.linksOpen > 0) return undefined
  if (done !== undefined) return Math.min(upMs, refusedMsAgo ?? upMs) >= REBOOT_EVERY_MS ? 'reboot' : undefined
  const fellSilent = heard && (health.steadyDevices ?? 0) > 0
  const vanished = wasReady && health.state === 'unavailable'
  return fellSilent || vanished ? 'service' : undefined
}

export interface RadioWatchOptions {
  readonly radio: { health(): RadioHealth }
  readonly clock: { now(): number }
  readonly notes: Pick<OutboxNotes, 'get' | 'set'>
  readonly log: Log
  /** Ends the process, so that it is started anew. */
  readonly restart: (reason: PreCareError) => void
  /** Boots the machine; absent where the hub may not. */
  readonly reboot?: () => Promise<void>
}

export interface RadioWatch {
  /** To be called about once a minute. */
  look(): Promise<void>
  /** What was done already since the radio last heard anything. */
  readonly remedy: Remedy | undefined
}

export function watchRadio(options: RadioWatchOptions): RadioWatch {
  const { radio, clock, notes, log, restart, reboot } = options
  const startedAt = clock.now()
  const noted = notes.get(NOTE)
  let done: Remedy | undefined = noted === 'service' || noted === 'reboot' ? noted : undefined
  let wasReady = false
  let refusedAt: number | undefined

  const note = async (remedy: Remedy | undefined): Promise<void> => {
    await notes.set(NOTE, remedy ?? '')
    done = remedy
  }
  return {
    get remedy() {
      return done
    },
    async look() {
      const health = radio.health()
      const heard = clock.now() - health.silentForMs > startedAt
      wasReady ||= health.state === 'ready'
      if (heard && done !== undefined && health.silentForMs < DEAF_AFTER_MS) await note(undefined)
      const upMs = clock.now()
      const refused = refusedAt === undefined ? {} : { refusedMsAgo: upMs - refusedAt }
      const remedy = remedyFor({ health, heard, wasReady, upMs, done, ...refused })
      if (remedy === undefined || (remedy === 'reboot' && reboot === undefined)) return
      // On disk first: what can't be noted is not done, or it would be done again and again.
      await note(remedy)
      const reason = new PreCareError('adapter-unavailable', 'the radio hears nothing')
      log.error('radio-deaf', { ...errorFields(reason), state: remedy })
      if (remedy === 'service') return restart(reason)
      try {
        await reboot?.()
      } catch (error) {
        refusedAt = upMs
        log.error('reboot-refused', errorFields(error))
      }
    },
  }
}
