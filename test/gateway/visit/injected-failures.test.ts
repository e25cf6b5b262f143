import { describe, it, onTestFinished } from 'vitest'
import { type ErrorCode, PreCareError } from '../../../device-drivers/errors.ts'
import { createHubClock, type HubClock } from '../../../gateway/hub-clock.ts'
import { createBluezTransport } from '../../../gateway/transport/bluez/bluez.ts'
import { systemTime } from '../../../gateway/transport/transport-time.ts'
import { type Language, sentenceFor } from '../../../gateway/visit/sentences.ts'
import type { VirtualPeripheral } from '../../../simulators/bluetooth/virtual-peripheral.ts'
import { type CuffOptions, createBloodPressureCuff } from '../../../simulators/devices/blood-pressure-cuff.ts'
import { hasChromium } from '../../support/chromium-installed.ts'
import { type Home, startHome } from '../../support/home.ts'
import { optional } from '../../support/optional.ts'
import { startBluez, startBus, withDbus } from '../transport/bluez-fixture.ts'
import { becomes, collectingLog } from '../transport/radio-fixture.ts'
import { type Surface, theCommandLine, thePage } from './surfaces.ts'
import { aHome, around, hurriedClock, KIT, type TestOffice, testOffice, visitIn } from './visit-fixture.ts'

/** What goes wrong in a home, and what the technician reads, on the page and on the command line. */

const DEVICE = 'cuff-0001'
const ADDRESS = 'c0:30:00:00:00:09'
const VALUES = { systolic: 120, diastolic: 80, pulseRate: 60 }

interface Place {
  readonly home: Home
  readonly clock: HubClock
  /** Wakes the cuff with a measurement, where there is one. */
  readonly measure?: () => void
  readonly leave?: () => void
}

interface Injected {
  readonly name: string
  readonly place: () => Promise<Place>
  readonly act: (surface: Surface, place: Place, office: TestOffice) => Promise<void>
  readonly says: ErrorCode
}

async function withCuff(options: Partial<CuffOptions>, clock?: HubClock, rssi = -60): Promise<Place> {
  const parts = await aHome({ ...(clock && { clock }) })
  const cuff = createBloodPressureCuff({ id: 'cuff-x', address: ADDRESS, ...options }, around)
  const attached: VirtualPeripheral[] = []
  cuff.attachTo({
    attach(definition) {
      const peripheral = parts.controller.attach({ ...definition, rssi })
      attached.push(peripheral)
      return peripheral
    },
  })
  onTestFinished(() => cuff.close())
  return {
    ...parts,
    measure: () => void cuff.measure(VALUES),
    leave: () => {
      for (const peripheral of attached) peripheral.inRange = false
    },
  }
}

/** From the search to the choice. */
async function bind(surface: Surface, { measure }: Place, passkey?: string): Promise<void> {
  await surface.refresh()
  await surface.search()
  measure?.()
  await surface.choose(ADDRESS, passkey)
}

/** Boots in 1970, and nobody tells it better. */
const clockWithoutTime = () =>
  createHubClock({
    bootId: 'boot-1',
    monoMs: () => Math.round(performance.now()),
    unixMs: () => 86_400_000,
    setTimeout: (callback, ms) => {
      const timer = setTimeout(callback, ms)
      return { cancel: () => clearTimeout(timer) }
    },
  })

const FAILURES: readonly Injected[] = [
  {
    name: 'a device that sleeps',
    place: () => aHome({ clock: hurriedClock() }),
    act: async (surface) => {
      await surface.refresh()
      await surface.search()
    },
    says: 'device-silent',
  },
  {
    name: 'a device that refuses to pair',
    place: () => withCuff({ security: 'refuses-pairing' }),
    act: (surface, place) => bind(surface, place),
    says: 'pairing-failed',
  },
  {
    name: 'a signal that is weak, and then gone',
    place: () => withCuff({}, hurriedClock(30), -97),
    act: async (surface, { measure, leave }) => {
      await surface.refresh()
      await surface.search()
      measure?.()
      await surface.reads('da', /svagt signal/)
      leave?.()
    },
    says: 'device-silent',
  },
  {
    name: 'a hub without a radio',
    place: async () => ({ home: startHome({}), clock: createHubClock() }),
    act: async (surface) => {
      await surface.refresh()
      await surface.search()
    },
    says: 'adapter-unavailable',
  },
  {
    name: 'a device whose clock was never set',
    place: () => withCuff({ timeCharacteristic: 'none', clock: { state: 'never-set' } }),
    act: (surface, place) => bind(surface, place),
    says: 'clock-wrong',
  },
  {
    name: 'a hub that does not know the time',
    place: () => withCuff({}, clockWithoutTime()),
    act: (surface, place) => bind(surface, place),
    says: 'clock-wrong',
  },
  {
    name: 'a line that is down',
    place: () => aHome({ reached: false }),
    act: async (surface, _place, office) => {
      office.failure = new PreCareError('uplink-lost', 'no route')
      await surface.refresh()
    },
    says: 'uplink-lost',
  },
]

const SURFACES = [
  { name: 'page', open: thePage, describe: optional('chromium', hasChromium) },
  { name: 'command line', open: theCommandLine, describe },
]

/** Without its full stop, which the command line puts elsewhere. */
const sentence = (code: ErrorCode, language: Language): string => sentenceFor(code)[language].replace(/\.$/, '')

async function opened(open: typeof thePage, { home, clock }: Place, office: TestOffice): Promise<Surface> {
  const visit = visitIn(home, office, clock)
  return open({ visit, dataDir: home.dataDir, clock, device: DEVICE })
}
const oneCuff = () => testOffice({ ...KIT, devices: KIT.devices.filter(({ id }) => id === DEVICE) })

for (const { name: where, open, describe: suite } of SURFACES) {
  suite(`on the ${where}`, () => {
    it.each(FAILURES)('$name is told with what to do, in Danish and English', { timeout: 30_000 }, async ({
      name,
      place,
      act,
      says,
    }) => {
      const office = oneCuff()
      const at = await place()
      const surface = await opened(open, at, office)
      await act(surface, at, office)
      await surface.reads('da', sentence(says, 'da'))
      await surface.shoot(`failure-${name.replaceAll(' ', '-')}`)
      await surface.reads('en', sentence(says, 'en'))
    })
  })

  withDbus(`on the ${where}`, () => {
    it('a wrong passkey is told', { timeout: 30_000 }, async () => {
      if (where === 'page' && !hasChromium) return
      const bus = await startBus()
      const bluez = await startBluez(bus)
      const log = collectingLog([])
      const ble = createBluezTransport({ bus: bus.address, wishOf: () => undefined, time: systemTime, log })
      const home = startHome({ ble })
      const cuff = createBloodPressureCuff({ id: 'cuff-x', address: ADDRESS, security: 'requires-passkey' }, around)
      cuff.attachTo({ attach: (definition) => bluez.attach(definition, { passkey: 314_159 }) })
      onTestFinished(() => cuff.close())
      await becomes(() => ble.health().state === 'ready')
      const place = { home, clock: createHubClock(), measure: () => void cuff.measure(VALUES) }
      const surface = await opened(open, place, oneCuff())
      await bind(surface, place, '000000')
      await surface.reads('da', sentence('passkey-wrong', 'da'))
      await surface.shoot('failure-wrong-passkey')
    })
  })
}
