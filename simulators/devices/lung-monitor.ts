import { toHex } from '../encoders/byte-writer.ts'
import { encodeLungMonitor } from '../encoders/vitalograph.ts'
import { emissions, need, type SerialDevice, type Surroundings } from './device.ts'
import { type ClockHabits, createDeviceClock, isoLocal } from './device-clock.ts'

/** A Vitalograph Lung Monitor: offers its oldest blow until somebody says ACK, and at once again after a NAK. */
export interface LungMonitorOptions {
  readonly id: string
  readonly serial?: string
  readonly capacity?: number
  readonly clock?: ClockHabits
  /** False: the blow was bad. */
  readonly goodBlow?: boolean
  /** How long it waits for an answer. */
  readonly answerMs?: number
  /** Sends so many first frames with a byte changed. */
  readonly garblesFrames?: number
}

interface LungMonitor extends SerialDevice {
  readonly stored: number
}

const ACK = 0x06
const NAK = 0x15
const CAPACITY = 100
const ANSWER_MS = 10_000
/** Offers of one blow in one visit. */
const OFFERS = 5
/** Where a frame is garbled: in the digits of FEV1. */
const GARBLED_AT = 16

interface Kept {
  readonly key: string
  readonly frame: Uint8Array
}

export function createLungMonitor(options: LungMonitorOptions, around: Surroundings): LungMonitor {
  const clock = createDeviceClock(around.wallNow, around.timeZone, options.clock)
  const made = emissions(around)
  const kept: Kept[] = []
  let send: ((bytes: Uint8Array) => void) | undefined
  let waiting: { cancel(): void } | undefined
  let offers = 0
  let toGarble = options.garblesFrames ?? 0

  const stopWaiting = (): void => {
    waiting?.cancel()
    waiting = undefined
  }

  const offer = (): void => {
    const [next] = kept
    if (!send || !next || waiting || offers >= OFFERS) return
    offers += 1
    const frame = next.frame.slice()
    if (toGarble > 0) {
      toGarble -= 1
      frame[GARBLED_AT] = (frame[GARBLED_AT] ?? 0) ^ 1
    }
    send(frame)
    waiting = around.time.setTimeout(() => {
      waiting = undefined
      offer()
    }, options.answerMs ?? ANSWER_MS)
  }

  return {
    id: options.id,
    baudRate: 9_600,
    emitted: made.list,
    get stored() {
      return kept.length
    },
    connect(opened) {
      send = opened
      offers = 0
      stopWaiting()
      offer()
      return {
        receive(bytes) {
          if (send !== opened) return
          for (const byte of bytes) {
            if (!waiting || (byte !== ACK && byte !== NAK)) continue
            stopWaiting()
            if (byte === ACK) {
              kept.shift()
              offers = 0
            }
            offer()
          }
        },
        close() {
          if (send !== opened) return
          send = undefined
          stopWaiting()
        },
      }
    },
    measure(values, act = {}) {
      const at = act.at ?? around.wallNow()
      const time = clock.stamp(at)
      const frame = encodeLungMonitor({
        deviceId: options.serial ?? '129406',
        fev1: need(values, 'fev1', options.id),
        fev6: need(values, 'fev6', options.id),
        time,
        good: options.goodBlow !== false,
      })
      const hex = toHex(frame)
      const deviceTime = isoLocal(time)
      const reading = made.add({
        key: `${options.id}/${hex}`,
        device: options.id,
        kind: 'spirometry',
        source: 'vitalograph-lm',
        hex,
        values,
        at,
        ...(deviceTime === undefined ? {} : { deviceTime }),
        delivery: 'kept',
      })
      kept.push({ key: reading.key, frame })
      if (kept.length > (options.capacity ?? CAPACITY)) {
        const forgotten = kept.shift()
        if (forgotten) around.onForgotten?.(forgotten.key)
      }
      offers = 0
      offer()
      return reading
    },
    changeBattery() {
      clock.lose()
    },
    close() {
      stopWaiting()
      send = undefined
    },
  }
}
