import { describe, expect, it } from 'vitest'
import { alarmAt, type DiskAlarm, usedShare } from '../../gateway/disk.ts'
import { daysToKeep } from '../../gateway/retention.ts'

const alarms = (shares: readonly number[], full = false): DiskAlarm[] => {
  let alarm: DiskAlarm = 'none'
  return shares.map((share) => {
    alarm = alarmAt(share, full, alarm)
    return alarm
  })
}

describe('the alarm of a disk that fills', () => {
  it('comes at 70 and at 90 percent, and does not flutter at the border', () => {
    expect(alarms([0.69, 0.7, 0.69, 0.71, 0.64])).toEqual(['none', 'filling', 'filling', 'filling', 'none'])
    expect(alarms([0.9, 0.86, 0.84, 0.6])).toEqual(['nearly-full', 'nearly-full', 'filling', 'none'])
    expect(alarms([0.1], true)).toEqual(['full'])
  })

  it('looks at the disk and at what the outbox may use of it', () => {
    expect(usedShare({ freeBytes: 25, totalBytes: 100 }, { usedBytes: 1, limitBytes: 100 })).toBe(0.75)
    expect(usedShare({ freeBytes: 90, totalBytes: 100 }, { usedBytes: 95, limitBytes: 100 })).toBe(0.95)
  })

  it('shortens how long a reading is kept that the broker has', () => {
    expect([daysToKeep(30, 'none'), daysToKeep(30, 'filling'), daysToKeep(3, 'filling')]).toEqual([30, 7, 3])
    expect([daysToKeep(30, 'nearly-full'), daysToKeep(30, 'full')]).toEqual([0, 0])
  })
})
