import { toHex } from '../encoders/byte-writer.ts'
import type { CalendarTime } from '../encoders/date-time.ts'
import {
  encodeAbort,
  encodeAct,
  encodeAssociationRequest,
  encodeConfiguration,
  encodeReleaseRequest,
  encodeReleaseResponse,
  encodeScanReport,
  encodeSystem,
  encodeTimeSet,
  type PersonalObservations,
  type Scanner,
} from '../encoders/ieee11073.ts'
import { emissions, type SerialDevice, type Surroundings } from './device.ts'
import { createDeviceClock, isoLocal } from './device-clock.ts'
import { createAnswerReader, type ManagerAnswer } from './ieee11073-answers.ts'
import { type AgentOptions, withLyingLength } from './ieee11073-habits.ts'
import { agentObjects } from './ieee11073-objects.ts'

/** An agent of IEEE 11073-20601 on a byte stream. */
export interface Ieee11073Agent extends SerialDevice {
  readonly stored: number
  /** Why associations ended early, newest last. */
  readonly interruptions: readonly string[]
}

const BAUD_RATE = 115_200
const CAPACITY = 25
/** Extended configurations begin here. */
const EXTENDED = 0x4000
const SCANNER_HANDLE = 40
/** TO_cer-mds: how long it waits for the result of a confirmed event report. */
const ANSWER_MS = 3_000
const RETRY_MS = 1_000
const DEFAULT_SYSTEM_ID = '00091FFFFE000001'
const INTERRUPTIONS_KEPT = 100
type Phase = 'closed' | 'idle' | 'associating' | 'configuring' | 'operating' | 'releasing'

interface Kept {
  readonly key: string
  readonly act: PersonalObservations
}

export function createIeee11073Agent(options: AgentOptions, around: Surroundings): Ieee11073Agent {
  const clock = createDeviceClock(around.wallNow, around.timeZone, options.clock)
  const made = emissions(around)
  const agent = agentObjects(options.specialization, options)
  const form = options.form ?? 'fixed'
  const scanner: Scanner | undefined = options.scanner && { handle: SCANNER_HANDLE, objects: agent.objects }
  const configId = options.configuration === 'extended' || scanner !== undefined ? EXTENDED : agent.standard
  const confirmed = options.confirmed ?? true
  const systemId = options.systemId ?? DEFAULT_SYSTEM_ID
  const interruptions: string[] = []
  const kept: Kept[] = []
  let send: ((bytes: Uint8Array) => void) | undefined
  let phase: Phase = 'closed'
  let invokeId = 0
  let reportNumber = 0
  let open: { readonly invokeId: number; readonly keys: ReadonlySet<string> } | undefined
  let unansweredGet: number | undefined
  let abortsLeft = options.abortsAfterReport ?? 0
  let liesLeft = options.lies?.reports ?? 0
  let timer: { cancel(): void } | undefined
  let untimed = 0

  const after = (ms: number, then: () => void): void => {
    timer?.cancel()
    timer = around.time.setTimeout(then, ms)
  }

  const associate = (): void => {
    timer?.cancel()
    if (!send || phase !== 'idle' || kept.length === 0) return
    phase = 'associating'
    after(options.answerMs ?? ANSWER_MS, () => interrupt('no answer to the association request'))
    send(encodeAssociationRequest(systemId, configId))
  }

  /** Back to the beginning; what was not confirmed is still in the memory. */
  const interrupt = (reason: string, abort = true): void => {
    if (phase === 'closed') return
    interruptions.push(reason)
    if (interruptions.length > INTERRUPTIONS_KEPT) interruptions.shift()
    open = unansweredGet = undefined
    phase = 'idle'
    if (abort) send?.(encodeAbort())
    after(options.retryMs ?? RETRY_MS, associate)
  }

  const release = (): void => {
    phase = 'releasing'
    after(options.answerMs ?? ANSWER_MS, () => interrupt('no answer to the release request'))
    send?.(encodeReleaseRequest())
  }

  const lied = (report: Uint8Array): Uint8Array => {
    if (liesLeft === 0 || options.lies === undefined) return report
    liesLeft -= 1
    return withLyingLength(report, options.lies.about)
  }

  const nextActs = (): Kept[] => {
    const waiting = [...kept]
    if (options.order === 'shuffled') waiting.sort(() => around.random() - 0.5)
    return waiting.slice(0, options.batch ?? 1)
  }

  const report = (): void => {
    if (phase !== 'operating' || open !== undefined) return
    if (unansweredGet !== undefined && options.answersGet !== 'never') tellSystem()
    const batch = nextActs()
    if (batch.length === 0) {
      release()
      return
    }
    invokeId = (invokeId + 1) & 0xffff
    reportNumber = (reportNumber + 1) & 0xffff
    const event = { invokeId, confirmed, ...(scanner && { handle: scanner.handle }) }
    const acts = batch.map((k) => k.act)
    const bytes = lied(encodeScanReport(event, options.scanner ?? form, reportNumber, acts))
    send?.(bytes)
    if (abortsLeft > 0) {
      abortsLeft -= 1
      interrupt('it aborts by habit')
      return
    }
    if (confirmed) {
      open = { invokeId, keys: new Set(batch.map((k) => k.key)) }
      after(options.answerMs ?? ANSWER_MS, () => interrupt('no result of a confirmed report'))
      return
    }
    forget(new Set(batch.map((k) => k.key)))
    after(0, report)
  }

  const forget = (keys: ReadonlySet<string>): void => {
    for (const gone of kept.filter((k) => keys.has(k.key))) kept.splice(kept.indexOf(gone), 1)
  }

  const tellSystem = (): void => {
    if (unansweredGet === undefined) return
    const asked = unansweredGet
    unansweredGet = undefined
    send?.(
      encodeSystem(asked, {
        profile: agent.profile,
        systemId,
        configId,
        manufacturer: 'Simulated',
        model: agent.model,
        serial: options.id,
        firmware: '1.0',
        now: clock.read(),
        ...(options.batteryPercent === undefined ? {} : { batteryPercent: options.batteryPercent }),
        ...(options.asksForTime === undefined ? {} : { asksForTime: options.asksForTime }),
      }),
    )
  }

  const operate = (): void => {
    phase = 'operating'
    // The manager asks for the system first; reports go out in the next turn.
    after(0, report)
  }

  const configure = (): void => {
    phase = 'configuring'
    invokeId = (invokeId + 1) & 0xffff
    after(options.answerMs ?? ANSWER_MS, () => interrupt('no verdict about the configuration'))
    send?.(encodeConfiguration(invokeId, configId, agent.objects, scanner))
  }

  const hearResult = (answer: Extract<ManagerAnswer, { type: 'event-result' }>): void => {
    if (phase === 'configuring' && answer.configuration !== undefined) {
      if (answer.configuration === 0) operate()
      else interrupt('the configuration is not wanted')
      return
    }
    if (open === undefined || answer.invokeId !== open.invokeId) {
      interrupt('a result of no report')
      return
    }
    forget(open.keys)
    open = undefined
    timer?.cancel()
    report()
  }

  const hear = (answer: ManagerAnswer): void => {
    switch (answer.type) {
      case 'association':
        if (phase !== 'associating') return
        if (answer.result === 0) operate()
        else if (answer.result === 3) configure()
        else interrupt(`association refused: ${answer.result}`, false)
        return
      case 'get':
        unansweredGet = answer.invokeId
        if (options.answersGet === undefined || options.answersGet === 'at-once') tellSystem()
        return
      case 'set-time':
        clock.set(answer.time)
        send?.(encodeTimeSet(answer.invokeId))
        return
      case 'event-result':
        hearResult(answer)
        return
      case 'rejected':
        if (answer.invokeId === open?.invokeId) interrupt('a report was rejected')
        return
      case 'release-request':
        send?.(encodeReleaseResponse())
        phase = 'idle'
        return
      case 'release-response':
        phase = 'idle'
        // Something may have been measured in between.
        after(0, associate)
        return
      case 'abort':
        interrupt('the manager aborted', false)
        return
      case 'unknown':
        interrupt('not understood')
    }
  }

  const actOf = (time: CalendarTime, values: Readonly<Record<string, number>>, slot?: number): PersonalObservations => {
    const observed = agent.observe(values, options.id).map((each, i) => {
      const object = agent.objects[i]
      return object === undefined ? [] : [{ object, values: each, time }]
    })
    return { observed: observed.flat(), ...(slot === undefined ? {} : { person: slot }) }
  }

  return {
    id: options.id,
    baudRate: BAUD_RATE,
    emitted: made.list,
    interruptions,
    get stored() {
      return kept.length
    },
    connect(opened) {
      const read = createAnswerReader()
      send = opened
      phase = 'idle'
      open = unansweredGet = undefined
      associate()
      return {
        receive(bytes) {
          if (send === opened) for (const answer of read(bytes)) hear(answer)
        },
        close() {
          if (send !== opened) return
          send = undefined
          phase = 'closed'
          open = undefined
          timer?.cancel()
        },
      }
    },
    measure(values, act = {}) {
      const at = act.at ?? around.wallNow()
      const stamp = clock.stamp(at)
      const record = actOf(stamp, values, act.slot)
      const described = scanner === undefined ? form : 'scanned'
      const hex = toHex(encodeAct(described, record))
      const deviceTime = (options.stamp ?? 'absolute') === 'none' ? undefined : isoLocal(stamp)
      const reading = made.add({
        key: deviceTime === undefined ? `${options.id}/${hex}/${++untimed}` : `${options.id}/${hex}`,
        device: options.id,
        kind: agent.kind,
        source: `20601-${described === 'fixed' ? 'fixed' : 'variable'}`,
        hex,
        ...(deviceTime === undefined ? {} : { deviceTime }),
        ...(act.slot === undefined ? {} : { slot: act.slot }),
        values,
        at,
        delivery: confirmed ? 'kept' : 'sent-once',
      })
      kept.push({ key: reading.key, act: record })
      if (kept.length > (options.capacity ?? CAPACITY)) {
        const forgotten = kept.shift()
        if (forgotten) around.onForgotten?.(forgotten.key)
      }
      if (phase === 'idle') associate()
      else report()
      return reading
    },
    changeBattery() {
      clock.lose()
    },
    close() {
      timer?.cancel()
      send = undefined
      phase = 'closed'
    },
  }
}
