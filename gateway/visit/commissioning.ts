import type { KeyObject } from 'node:crypto'
import type { Installation, SignedReport, SkipReason } from '../../broker/contract/installation.ts'
import type { DeviceState } from '../../broker/contract/messages.ts'
import type { Advertisement, Driver, SerialPortInfo } from '../../device-drivers/driver.ts'
import { type ErrorCode, PreCareError } from '../../device-drivers/errors.ts'
import { type BoundBluetooth, type BoundSerial, bindDevice, unbindDevice } from '../bound-devices.ts'
import type { HubClock } from '../hub-clock.ts'
import { utcText } from '../local-time.ts'
import type { VisitReport } from '../session.ts'
import type { Trial } from '../visits.ts'
import { Activities } from './activities.ts'
import { NearbyDevices } from './nearby.ts'
import { type Begun, freshStep, goneSteps, nextVisit, removedOf, stepsFor } from './progress.ts'
import { readVisitRecord, type Step, type VisitRecord, writeVisitRecord } from './record.ts'
import { reportOf, signText, unfinished } from './report.ts'
import { type KeptReading, testAmong, uplinkMsOf } from './test-reading.ts'
import { stepView, type VisitView } from './view.ts'

/** What a visit needs of the running hub. */
export interface VisitHome {
  take(device: BoundBluetooth | BoundSerial): void
  release(id: string): void
  listen(listener: ((seen: Advertisement) => void) | undefined): void
  observe(trial: Trial | undefined): void
  ports(): Promise<readonly SerialPortInfo[]>
  state(id: string): DeviceState | undefined
  reading(id: string): KeptReading | undefined
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
  readonly #activities: Activities
  #record: VisitRecord

  /** Goes on with the visit that was interrupted, or begins one. @throws PreCareError 'store-corrupt', 'store-failed' */
  constructor(parts: CommissioningParts) {
    this.#parts = parts
    this.#activities = new Activities(parts.clock, (id) => this.#silence(id))
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
    const gone = goneSteps(this.#record.steps, installation)
    for (const { id } of gone) this.#takeAway(id)
    const removed = [...(this.#record.removed ?? []), ...gone.flatMap(removedOf)]
    const steps = stepsFor(installation, this.#record.steps)
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
    this.#activities.begin(id, 'searching')
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
    const next: Step = { ...freshStep(step), state: 'bound', place, options: Object.fromEntries(given), ...heard }
    this.#take(next)
    this.#update(next)
    this.#activities.begin(id, 'meeting')
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
    this.#activities.begin(id, step.met ? 'measuring' : 'meeting')
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
    this.#activities.end(id)
    this.#update({ ...step, state: 'confirmed', test: { ...test, confirmedAt: utcText(now) } })
  }

  skip(id: string, reason: SkipReason): void {
    const step = this.#step(id)
    this.#forget(step)
    this.#update({ ...freshStep(step), state: 'skipped', skipped: reason })
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
          activity: this.#activities.of(step.id),
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
      this.#activities.trouble(device, 'clock-wrong')
      return
    }
    const test = testAmong(
      ids.flatMap((id) => home.reading(id) ?? []),
      now,
    )
    if (test === 'clock-wrong') this.#activities.trouble(device, test)
    if (test === undefined || test === 'clock-wrong') return
    this.#activities.end(device)
    this.#update({ ...step, state: 'measured', met: true, test })
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
    if (failure !== undefined) this.#activities.trouble(device, pairingCode(failure.code, step))
    else if (step.state === 'bound' && !step.met) {
      // The visit went well, and what it brought is no proof: that is still to be told.
      const wrong = this.#activities.of(device)?.trouble === 'clock-wrong'
      this.#activities.begin(device, 'measuring')
      if (wrong) this.#activities.trouble(device, 'clock-wrong')
    }
  }

  unreachable(device: string, code: ErrorCode): void {
    this.#activities.trouble(device, pairingCode(code, this.#step(device)))
  }

  // --- Within -----------------------------------------------------------------------------------------------------

  #resume(kept: VisitRecord | undefined): VisitRecord {
    if (kept === undefined) return { ...this.#newVisit(), steps: [] }
    return kept.deliveredAt === undefined ? kept : nextVisit(kept, this.#newVisit())
  }

  #newVisit(): Begun {
    const { clock, randomHex } = this.#parts
    return { visit: `visit-${randomHex(6)}`, startedAt: utcText(clock.wall() ?? 0) }
  }

  /** To be changed: what was signed, and may have been delivered, is the report of another visit. */
  #unsigned(): VisitRecord {
    return this.#record.report === undefined ? this.#record : nextVisit(this.#record, this.#newVisit())
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

  /** Nothing came in time, and no try failed. */
  #silence(id: string): ErrorCode {
    if (!this.#parts.home.radioReady() && !this.#isSerial(this.#step(id))) return 'adapter-unavailable'
    return 'device-silent'
  }

  #take({ id, driver, options, place }: Step): void {
    if (place !== undefined) this.#parts.home.take({ id, driver, options, ...place })
  }

  /** Its place is open again. */
  #forget(step: Step): void {
    if (step.place !== undefined) this.#takeAway(step.id)
    this.#update(freshStep(step))
  }

  #takeAway(id: string): void {
    this.#activities.end(id)
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
    const kept = test === undefined ? undefined : this.#parts.home.reading(test.reading)
    const uplinkMs = kept === undefined ? undefined : uplinkMsOf(kept)
    return uplinkMs === undefined ? step : { ...step, uplinkMs }
  }
}

/** A pairing with a passkey that was refused is the passkey's fault until proven otherwise. */
function pairingCode(code: ErrorCode, { options }: Step): ErrorCode {
  return code === 'pairing-failed' && options['passkey'] !== undefined ? 'passkey-wrong' : code
}
