import type { HubHealth } from '../broker/contract/messages.ts'
import type { DiskSpace } from './disk-space.ts'
import type { Log } from './log.ts'
import type { OutboxRoom, RoomUse } from './outbox-room.ts'

/** How full the disk is, and what is said about it. */

/** full: a reading was refused, and stays in the memory of its device. */
export type DiskAlarm = 'none' | 'filling' | 'nearly-full' | 'full'

const FILLING_AT = 0.7
const NEARLY_FULL_AT = 0.9
/** An alarm ends this far below where it began, so that a log being rotated does not ring it over and over. */
const HYSTERESIS = 0.05

/** 0 to 1: of the disk, or of what the outbox may use of it, whichever is nearer its end. */
export function usedShare(space: DiskSpace, outbox: RoomUse): number {
  const disk = space.totalBytes === 0 ? 1 : 1 - space.freeBytes / space.totalBytes
  return Math.min(1, Math.max(0, disk, outbox.usedBytes / outbox.limitBytes))
}

/** @param before the alarm that stands */
export function alarmAt(share: number, full: boolean, before: DiskAlarm): DiskAlarm {
  if (full) return 'full'
  const nearlyStood = before === 'nearly-full' || before === 'full'
  if (share >= NEARLY_FULL_AT - (nearlyStood ? HYSTERESIS : 0)) return 'nearly-full'
  if (share >= FILLING_AT - (before === 'none' ? 0 : HYSTERESIS)) return 'filling'
  return 'none'
}

const LINES: Readonly<Record<DiskAlarm, readonly [severity: 'info' | 'warn' | 'error', reason: string]>> = {
  none: ['info', 'there is room again'],
  filling: ['warn', 'the disk is 70 % full'],
  'nearly-full': ['error', 'the disk is 90 % full; readings that the broker has stored are no longer kept'],
  full: ['error', 'the disk is full; readings stay in the memory of their devices'],
}

export interface DiskWatch {
  readonly alarm: DiskAlarm
  /** Looks, says a change of the alarm once, and takes the reserve back when there is room. Throws what `space` throws. */
  look(): NonNullable<HubHealth['disk']>
}

/** @param space of the disk that holds the outbox */
export function watchDisk(room: OutboxRoom, space: () => DiskSpace, log: Log): DiskWatch {
  let alarm: DiskAlarm = 'none'
  return {
    get alarm() {
      return alarm
    },
    look: () => {
      room.recover(space().freeBytes)
      const disk = space()
      const use = room.use()
      const share = usedShare(disk, use)
      const next = alarmAt(share, room.full, alarm)
      if (next !== alarm) {
        const [severity, reason] = LINES[next]
        log[severity]('disk', { state: next, reason, ...(next === 'full' ? { code: 'store-failed' } : {}) })
      }
      alarm = next
      const usedPercent = Math.floor(share * 100)
      return { freeBytes: Math.max(0, disk.freeBytes), usedPercent, outboxBytes: use.usedBytes, alarm }
    },
  }
}
