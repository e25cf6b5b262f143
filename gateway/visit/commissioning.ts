import type { KeyObject } from 'node:crypto'
import type { Installation, SignedReport, SkipReason } from '../../broker/contract/installation.ts'
import type { DeviceState } from '../../broker/contract/messages.ts'
import type { Advertisement, Driver, SerialPortInfo } from '../../device-drivers/driver.ts'
import { type ErrorCode, PreCareError } from '../../device-drivers/errors.ts'
import { isNumber, type RawReading, rawReadingSchema } from '../../device-drivers/reading.ts'
import { type BoundBluetooth, type BoundSerial, bindDevice, unbindDevice } from '../bound-devices.ts'
import type { HubClock } from '../hub-clock.ts'
import { utcText } from '../local-time.ts'
import type { VisitReport } from '../session.ts'
import type { Trial } from '../visits.ts'
import { NearbyDevices } from './nearby.ts'
import { readVisitRecord, type Step, type VisitRecord, writeVisitRecord } from './record.ts'
import { reportOf, signText, unfinished } from './report.ts'
import { type Activity, type Doing, stepView, type VisitView } from './view.ts'

/** A device advertises for half a minute after it was woken; two tries. */
const SEARCH_MS = 90_000
/** Connecting, pairing and reading what it remembers: a full meter takes minutes (bluetooth-visits.ts). */
const MEET_MS = 5 * 60_000
/** Sit, wait, measure, and once more because the cuff slipped. */
const MEASURE_MS = 5 * 60_000
/** Older than this is the device's memory, perhaps of somebody else, and no proof of today. */
const FRESH_MS = 10 * 60_000

/** What a visit needs of the running hub. */
export interface VisitHome {
  take(device: BoundBluetooth | BoundSerial): void
  release(id: string): void
  listen(listener: ((seen: Advertisement) => void) | undefined): void
  observe(trial: Trial | undefined): void
  ports(): Promise<readonly SerialPortInfo[]>
  state(id: string): DeviceState | undefined
  /** A reading on the hub's disk; `receiptedAt` (unix ms) once the broker has it. */
  reading(id: string): { readonly held: boolean; readonly body: string; readonly receiptedAt?: number } | undefined
  /** False when no Bluetooth adapter works. */
  radioReady(): boolean
  brokerReached(): boolean
}

/** What a visit needs of the broker, over HTTPS as this hub. */
export interface VisitOffice {
  /** @throws PreCareError 'uplink-lost', 'access-denied' */
  installation(signal: AbortSignal): Promise<Installation>
  /** Resolves when the broker has stored it. */
  deliver(report: SignedReport, signal: AbortSignal): Promise<void>
}

export interface CommissioningParts {
  readonly hub: string
  readonly software: string
  readonly machine?: string
  readonly dataDir: string
  readonly drivers: readonly Driver[]
  readonly clock: HubClock
  readonly randomHex: (bytes: number) => string
  readonly home: VisitHome
  readonly office: VisitOffice
  /** The hub's private key as it is now: it may be renewed while a report waits for a line. */
  readonly key: () => KeyObject
}

/** One visit, over the same steps for the page and for the command line. Lives as long as its window is open. */
export class Commissioning implements Trial {
  readonly #parts: CommissioningParts
  readonly #nearby: NearbyDevices
  readonly #activities = new Map<string, Activity>()
  #record: VisitRecord

  /** Goes on with the visit that was interrupted, or begins one. @throws PreCareError 'store-corrupt', 'store-failed' */
  constructor(parts: CommissioningParts) {
    this.#parts = parts
    this.#nearby = new NearbyDevices(parts.drivers, parts.clock.now)
    this.#record = this.#resume(readVisitRecord(parts.dataDir))
    for (const step of this.#record.steps) if (step.place !== undefined && step.state !== 'confirmed') this.#take(step)
    parts.home.observe(this)
    parts.home.listen((seen) => this.#nearby.hear(seen))
  }

  /** Nothing is tried out any more: what was not confirmed is not visited until a visit goes on. */
  close(): void {
    const { home } = this.#parts
    home.listen(undefined)
    home.observe(undefined)
    for (const { id, state } of this.#record.steps) if (state !== 'confirmed' && state !== 'skipped') home.release(id)
  }

  /** Asks the broker what is to stand here; progress with devices that stay is kept. */
  async refresh(signal: AbortSignal): Promise<void> {
    const installation = await this.#parts.office.installation(signal)
    const wanted = new Map(installation.devices.map((device) => [device.id, device]))
    // Under the same id another driver is another device.
    const gone = this.#record.steps.filter(({ id, driver }) => wanted.get(id)?.driver !== driver)
    for (const { id } of gone) this.#takeAway(id)
    const removed = [...(this.#record.removed ?? []), ...gone.flatMap(removedOf)]
    const steps = installation.devices.map(({ id, driver, slots }): Step => {
      const { slots: _, ...before } = this.#record.steps.find((step) => step.id === id && step.driver === driver) ?? {
        ...{ id, driver, state: 'waiting' as const, options: {}, met: false },
      }
      return { ...before, ...(slots === undefined ? {} : { slots }) }
    })
    const same = JSON.stringify(installation) === JSON.stringify(this.#record.installation)
    const record = same ? this.#record : this.#unsigned()
    this.#keep({ ...record, installation, steps, ...(removed.length > 0 && { removed }) })
  }

  /** Listens for a device of the kit. */
  search(id: string): void {
    const step = this.#step(id)
    if (!this.#isSerial(step) && !this.#parts.home.radioReady()) {
      throw new PreCareError('adapter-unavailable', 'the hub has no working Bluetooth adapter')
    }
    this.#forget(step)
    this.#begin(id, 'searching', SEARCH_MS)
  }

  /** This is the device. @param place its Bluetooth address or its port */
  choose(
    id: string,
    place: NonNullable<Step['place']>,
    options: { readonly passkey?: string; readonly numbersAgree?: boolean } = {},
  ): void {
    const step = this.#step(id)
    const key = JSON.stringify(place)
    const other = this.#record.steps.find((one) => one.id !== id && JSON.stringify(one.place) === key)
    if (other !== undefined) throw new PreCareError('visit-refused', `that device is ${other.id} already`)
    const signalDbm = 'address' in place ? this.#nearby.find(place.address)?.signalDbm : undefined
    this.#forget(step)
    const heard = signalDbm === undefined ? {} : { signalDbm }
    const given = Object.entries(options).filter(([, value]) => value !== undefined)
    const next: Step = { ...fresh(step), state: 'bound', place, options: Object.fromEntries(given), ...heard }
    this.#take(next)
    this.#update(next)
    this.#begin(id, 'meeting', MEET_MS)
  }

  /** Waits for another test measurement, and forgets the value that was not right. */
  again(id: string): void {
    const step = this.#step(id)
    if (step.place === undefined) throw new PreCareError('visit-refused', `${id} was not found yet`)
    const { test: _, uplinkMs: __, ...rest } = step
    if (step.state === 'confirmed') {
      unbindDevice(this.#parts.dataDir, id)
      this.#take(step)
    }
    this.#update({ ...rest, state: 'bound' })
    this.#begin(id, step.met ? 'measuring' : 'meeting', MEASURE_MS)
  }

  /** A person has read the value on the device and on the page, and they agree: from now on its readings are clinical. */
  confirm(id: string): void {
    const step = this.#step(id)
    const { test, place } = step
    const now = this.#parts.clock.wall()
    if (step.state !== 'measured' || test === undefined || place === undefined) {
      throw new PreCareError('visit-refused', `${id} has no test value to confirm`)
    }
    if (now === undefined) throw new PreCareError('clock-wrong', 'the hub does not know the time')
    bindDevice(this.#parts.dataDir, { id, driver: step.driver, options: step.options, ...place })
    this.#activities.delete(id)
    this.#update({ ...step, state: 'confirmed', test: { ...test, confirmedAt: utcText(now) } })
  }

  skip(id: string, reason: SkipReason): void {
    const step = this.#step(id)
    this.#forget(step)
    this.#update({ ...fresh(step), state: 'skipped', skipped: reason })
  }

  /** Signs the report and hands it over; safe to repeat until it is delivered. */
  async finish(signal: AbortSignal): Promise<void> {
    const { hub, software, machine, clock, key, office } = this.#parts
    if (this.#record.report === undefined) {
      const now = clock.wall()
      if (now === undefined) throw new PreCareError('clock-wrong', 'the hub does not know the time')
      this.#keep(this.#withUplink())
      const facts = { hub, software, finishedAt: utcText(now), ...(machine === undefined ? {} : { machine }) }
      this.#keep({ ...this.#record, report: signText(JSON.stringify(reportOf(this.#record, facts)), key()) })
    }
    const { report } = this.#record
    if (report === undefined || this.#record.deliveredAt !== undefined) return
    await office.deliver(signText(report.text, key()), signal)
    this.#keep({ ...this.#record, deliveredAt: utcText(clock.wall() ?? 0) })
  }

  async view(): Promise<VisitView> {
    const { hub, software, clock, home } = this.#parts
    const { visit, installation, report, deliveredAt } = this.#record
    const ports = this.#record.steps.some((step) => this.#isSerial(step)) ? await home.ports() : []
    return {
      visit,
      hub,
      software,
      timeKnown: clock.wall() !== undefined,
      radioReady: home.radioReady(),
      brokerReached: home.brokerReached(),
      ...(installation && { installation: installation.installation, revision: installation.revision }),
      steps: this.#record.steps.map((step) =>
        stepView(this.#withUplinkOf(step), this.#driver(step.driver), {
          ports,
          activity: this.#activities.get(step.id),
          nearby: this.#nearby,
          now: clock.now(),
        }),
      ),
      ready: installation !== undefined && unfinished(this.#record).length === 0,
      ...(report && { report: report.text }),
      ...(deliveredAt && { deliveredAt }),
    }
  }

  testing(device: string): boolean {
    return this.#record.steps.some(({ id, state }) => id === device && state !== 'confirmed')
  }

  stored(device: string, ids: readonly string[]): void {
    const step = this.#record.steps.find(({ id }) => id === device)
    const { clock, home } = this.#parts
    const now = clock.wall()
    // Confirmed is confirmed: a device that hands over one more from its memory afterwards changes nothing.
    if (step === undefined || step.state === 'confirmed') return
    if (now === undefined) {
      this.#trouble(device, 'clock-wrong')
      return
    }
    const heard = ids.flatMap((id) => home.reading(id) ?? [])
    const readings = heard.filter(({ held }) => !held).map(({ body }) => rawReadingSchema.parse(JSON.parse(body)))
    const measured = readings.filter(hasNumber)
    const fresh = measured.filter(({ measuredAt }) => Math.abs(now - Date.parse(measuredAt)) <= FRESH_MS)
    const newest = fresh.toSorted((a, b) => a.measuredAt.localeCompare(b.measuredAt)).at(-1)
    if (newest === undefined) return
    if (newest.clock.quality === 'unknown' || newest.clock.quality === 'device-unset') {
      this.#trouble(device, 'clock-wrong')
      return
    }
    const { id: reading, kind, values, measuredAt } = newest
    this.#activities.delete(device)
    this.#update({ ...step, state: 'measured', met: true, test: { reading, kind, values, measuredAt } })
  }

  visited(device: string, { facts, failure }: VisitReport): void {
    const step = this.#record.steps.find(({ id }) => id === device)
    if (step === undefined) return
    const { model, serial, firmware, batteryPercent, clockSet } = facts
    const clockOffsetMs = this.#parts.home.state(device)?.clockOffsetMs
    const told = { model, serial, firmware, batteryPercent, clockSet, clockOffsetMs }
    const present = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined))
    const met = step.met || failure === undefined
    this.#update({ ...step, ...present, met })
    if (step.state === 'confirmed') return
    if (failure !== undefined) this.#trouble(device, pairingCode(failure.code, step))
    else if (step.state === 'bound' && !step.met) {
      // The visit went well, and what it brought is no proof: that is still to be told.
      const wrong = this.#activities.get(device)?.trouble === 'clock-wrong'
      this.#begin(device, 'measuring', MEASURE_MS)
      if (wrong) this.#trouble(device, 'clock-wrong')
    }
  }

  unreachable(device: string, code: ErrorCode): void {
    this.#trouble(device, pairingCode(code, this.#step(device)))
  }

  // --- Within -----------------------------------------------------------------------------------------------------

  #resume(kept: VisitRecord | undefined): VisitRecord {
    if (kept === undefined) return { ...this.#newVisit(), steps: [] }
    return kept.deliveredAt === undefined ? kept : this.#next(kept)
  }

  #newVisit(): Pick<VisitRecord, 'visit' | 'startedAt'> {
    const { clock, randomHex } = this.#parts
    return { visit: `visit-${randomHex(6)}`, startedAt: utcText(clock.wall() ?? 0) }
  }

  /** What was proven before stands, until somebody tries it anew. What was told in a report is not told again. */
  #next({ report: _, deliveredAt, removed, ...standing }: VisitRecord): VisitRecord {
    const untold = deliveredAt === undefined && removed !== undefined ? { removed } : {}
    return { ...standing, ...untold, ...this.#newVisit() }
  }

  /** To be changed: what was signed, and may have been delivered, is the report of another visit. */
  #unsigned(): VisitRecord {
    return this.#record.report === undefined ? this.#record : this.#next(this.#record)
  }

  #keep(record: VisitRecord): void {
    writeVisitRecord(this.#parts.dataDir, record)
    this.#record = record
  }

  /** A change after signing makes the report a report of something else. */
  #update(step: Step): void {
    const rest = this.#unsigned()
    this.#keep({ ...rest, steps: rest.steps.map((one) => (one.id === step.id ? step : one)) })
  }

  #step(id: string): Step {
    const step = this.#record.steps.find((one) => one.id === id)
    if (step === undefined) throw new PreCareError('visit-refused', 'that device is not part of this installation')
    return step
  }

  #begin(id: string, doing: Doing, ms: number): void {
    const { clock } = this.#parts
    const activity: Activity = { doing, until: clock.now() + ms }
    this.#activities.set(id, activity)
    clock.setTimeout(() => {
      const now = this.#activities.get(id)
      if (now?.doing !== doing || now.until !== activity.until || now.failure !== undefined) return
      this.#activities.set(id, { ...now, failure: now.trouble ?? this.#silence(id) })
    }, ms)
  }

  /** Nothing came in time, and no try failed. */
  #silence(id: string): ErrorCode {
    if (!this.#parts.home.radioReady() && !this.#isSerial(this.#step(id))) return 'adapter-unavailable'
    return 'device-silent'
  }

  #trouble(id: string, trouble: ErrorCode): void {
    const activity = this.#activities.get(id)
    if (activity !== undefined) this.#activities.set(id, { ...activity, trouble })
  }

  #take({ id, driver, options, place }: Step): void {
    if (place !== undefined) this.#parts.home.take({ id, driver, options, ...place })
  }

  /** Its place is open again. */
  #forget(step: Step): void {
    if (step.place !== undefined) this.#takeAway(step.id)
    this.#update(fresh(step))
  }

  #takeAway(id: string): void {
    this.#activities.delete(id)
    this.#parts.home.release(id)
    unbindDevice(this.#parts.dataDir, id)
  }

  #isSerial({ driver }: Step): boolean {
    return this.#driver(driver).transport === 'serial'
  }

  #driver(id: string): Driver {
    const driver = this.#parts.drivers.find(({ about }) => about.id === id)
    if (driver === undefined) throw new PreCareError('config-invalid', `this hub has no driver ${id}; update it`)
    return driver
  }

  #withUplink(): VisitRecord {
    return { ...this.#record, steps: this.#record.steps.map((step) => this.#withUplinkOf(step)) }
  }

  #withUplinkOf(step: Step): Step {
    const { test } = step
    const stored = test === undefined ? undefined : this.#parts.home.reading(test.reading)
    if (stored?.receiptedAt === undefined) return step
    const { receivedAt } = rawReadingSchema.parse(JSON.parse(stored.body))
    return { ...step, uplinkMs: Math.max(0, Math.round(stored.receiptedAt - Date.parse(receivedAt))) }
  }
}

const fresh = ({ id, driver, slots }: Step): Step => ({
  id,
  driver,
  ...(slots === undefined ? {} : { slots }),
  state: 'waiting',
  options: {},
  met: false,
})

/** What was proven once and is taken down now. */
function removedOf({ id, driver, model, serial, state }: Step): NonNullable<VisitRecord['removed']> {
  if (state !== 'confirmed') return []
  return [{ id, driver, ...(model === undefined ? {} : { model }), ...(serial === undefined ? {} : { serial }) }]
}

const hasNumber = ({ values }: RawReading): boolean => Object.values(values).some((value) => isNumber(value))

/** A pairing with a passkey that was refused is the passkey's fault until proven otherwise. */
function pairingCode(code: ErrorCode, { options }: Step): ErrorCode {
  return code === 'pairing-failed' && options['passkey'] !== undefined ? 'passkey-wrong' : code
}
