import { createPrivateKey } from 'node:crypto'
import { rmSync } from 'node:fs'
import { messageOf, PreCareError } from '../../device-drivers/errors.ts'
import { type HubClock, pause } from '../hub-clock.ts'
import type { HubIdentity } from '../identity/slots.ts'
import { errorFields, type Log } from '../log.ts'
import type { CommissioningParts } from './commissioning.ts'
import type { VisitServer } from './server.ts'
import { endWindow, readWindow, socketIn, type VisitWindow } from './window.ts'
import { windowCertificate } from './window-certificate.ts'

/** How soon the page is there after it was asked for. */
const LOOK_EVERY_MS = 1_000

export interface AttendParts extends Omit<CommissioningParts, 'office' | 'key'> {
  readonly clock: HubClock
  readonly log: Log
  /** Who the hub is now; undefined before it is enrolled. */
  readonly identity: () => HubIdentity | undefined
}

/**
 * Opens the page of a visit when its window is asked for, and closes it when the window is over. The page's libraries
 * are loaded only then: they cost a hub some megabytes that it needs for nothing else.
 */
export async function attendVisits(parts: AttendParts, signal: AbortSignal): Promise<void> {
  const { clock, dataDir, log } = parts
  forgetEnded(parts)
  while (!signal.aborted) {
    const window = readWindow(dataDir, clock.bootId, clock.now())
    if (window !== undefined) {
      try {
        await attend(parts, window, signal)
      } catch (error) {
        // The window is given up, the hub goes on measuring.
        log.error('visit-failed', errorFields(error))
        endWindow(dataDir)
      }
    }
    await pause(clock, LOOK_EVERY_MS, signal)
  }
}

/** Nothing of a window outlives it, also not of one that ended while this hub was off. */
function forgetEnded({ clock, dataDir }: AttendParts): void {
  if (readWindow(dataDir, clock.bootId, clock.now()) === undefined) endWindow(dataDir)
}

async function attend(parts: AttendParts, window: VisitWindow, signal: AbortSignal): Promise<void> {
  const { clock, dataDir, log } = parts
  const { Commissioning } = await import('./commissioning.ts')
  const { openVisitServer } = await import('./server.ts')
  const { visitDesk } = await import('./desk.ts')
  const { openOffice } = await import('./office.ts')
  const identity = (): HubIdentity => {
    const known = parts.identity()
    if (known === undefined) throw new PreCareError('uplink-refused', 'the hub is not enrolled')
    return known
  }
  identity()
  const key = () => createPrivateKey(identity().key)
  const visit = new Commissioning({ ...parts, office: openOffice(identity, clock), key })
  const desk = visitDesk(visit)
  const servers: VisitServer[] = []
  const socket = socketIn(dataDir)
  // A socket of a hub that was killed is in the way.
  rmSync(socket, { force: true })
  try {
    const tls = await windowCertificate(dataDir, window, clock)
    const close = () => endWindow(dataDir)
    servers.push(await openVisitServer({ window, desk, log, close, ...(tls && { tls }) }))
    servers.push(await openVisitServer({ window, desk, log, close, socket }))
    log.info('visit-window-open', { delayMs: Math.round(window.closesAt - clock.now()) })
    // Another window asked for meanwhile, with another code, ends this one too.
    while (!signal.aborted && readWindow(dataDir, clock.bootId, clock.now())?.code === window.code) {
      await pause(clock, LOOK_EVERY_MS, signal)
    }
  } finally {
    visit.close()
    for (const server of servers) {
      await server.close().catch((error: unknown) => log.warn('visit-close-failed', { reason: messageOf(error) }))
    }
    // A hub that is stopped goes on with this window when it is started again.
    if (!signal.aborted) forgetEnded(parts)
    log.info('visit-window-closed')
  }
}
