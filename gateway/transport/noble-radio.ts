import createNoble from '@abandonware/noble/with-custom-binding.js'
import { messageOf, PreCareError } from '../../device-drivers/errors.ts'
import { forget, type Hci, isNoble, missingInternals, type Noble } from './noble-internals.ts'
import { fencePrototypes } from './noble-security.ts'
import type { ConnectionParameters, NoblePeripheral } from './noble-types.ts'
import type { TransportLog } from './transport-log.ts'

/** HCI packet type of ACL data, and the bits of its handle (Core, Vol 4, Part A, 2 and Part E, 5.4.2). */
const ACL_PACKET = 0x02
const HANDLE_BITS = 0x0fff
/** Connection Timeout, for links that end without a word of the controller (Core, Vol 1, Part F, 1.3). */
const REASON_TIMEOUT = 0x08

export interface RadioEvents {
  /** noble's words: 'poweredOn', 'poweredOff', 'unauthorized', 'unsupported'. */
  state(state: string): void
  heard(peripheral: NoblePeripheral): void
  scanStopped(): void
}

/** One instance of noble on one adapter, fenced. */
export interface Radio {
  readonly noble: Noble
  /** Ends all links in noble's books and forgets what waited to be connected; their peripherals emit 'disconnect'. */
  dropLinks(): void
  /** The same for one link. */
  dropLink(id: string): void
  connect(peripheral: NoblePeripheral, parameters: ConnectionParameters): void
  /** Resolves when the controller has answered; a connection that comes all the same is closed at once. */
  cancelConnect(peripheral: NoblePeripheral): Promise<void>
  forget(id: string): void
  dispose(): void
}

/**
 * Opens the adapter. The factory throws where there is no Bluetooth at all (EAFNOSUPPORT) and where the adapter is absent
 * (ENODEV, EPERM): the caller tries again later. The package's main entry would throw at import and take the hub with it.
 */
export function openRadio(adapter: number | undefined, events: RadioEvents, log: TransportLog): Radio {
  // Read by noble at each packet. Without it a device is reported only after its scan response, and one whose scan
  // response is lost never (gap.js:168): devices that advertise for three seconds would be missed.
  process.env['NOBLE_REPORT_ALL_HCI_EVENTS'] = '1'
  fencePrototypes()
  const noble: unknown = createNoble({ ...(adapter === undefined ? {} : { deviceId: adapter }), extended: false })
  if (!isNoble(noble)) {
    const missing = missingInternals(noble).join(', ')
    throw new PreCareError('adapter-unavailable', `this noble is not 1.9.2-26: it lacks ${missing}`)
  }
  const hci = noble._bindings._hci
  fenceHci(hci, noble, log)
  const before = new Set(process.listeners('exit'))
  const exitListeners = () => process.listeners('exit').filter((listener) => !before.has(listener))
  try {
    // Reading the state opens the socket here and now; a 'stateChange' listener would open it in a later tick, where
    // noble turns the error into a printed warning.
    events.state(noble.state)
  } catch (error) {
    closeSocket(hci, log)
    throw error
  }
  const { onSigIntBinded } = noble._bindings
  // noble's listener calls process.exit(1) when it is the last one; the hub ends by its own.
  if (onSigIntBinded) process.removeListener('SIGINT', onSigIntBinded)
  const onExit = exitListeners()

  noble.on('stateChange', events.state)
  noble.on('discover', events.heard)
  noble.on('scanStop', events.scanStopped)
  // noble prints a warning itself when nobody listens.
  noble.on('warning', (text: unknown) => log.warn({ text: String(text) }, 'noble warns'))
  const abandoned = closeLateConnections(noble)

  return {
    noble,
    dropLinks: () => dropLinks(noble),
    dropLink: (id) => dropLink(noble, id),
    connect: (peripheral, parameters) => {
      abandoned.delete(peripheral.id)
      freeConnectQueue(noble)
      peripheral.connect(parameters)
    },
    cancelConnect: (peripheral) => {
      // Its late answers must find nobody.
      peripheral.removeAllListeners()
      // Not ours, or half gone: noble's cancelConnect does nothing unless it is connecting.
      if (peripheral.state === 'connected') peripheral.disconnect()
      if (peripheral.state !== 'connecting') return Promise.resolve()
      abandoned.add(peripheral.id)
      const answered = new Promise<void>((resolve) => noble._bindings.once('connect', () => resolve()))
      peripheral.cancelConnect()
      return answered
    },
    forget: (id) => forget(noble, id),
    dispose: () => {
      noble.removeAllListeners()
      for (const listener of onExit) process.removeListener('exit', listener)
      closeSocket(hci, log)
    },
  }
}

/** A connection given up may still be completed by the controller: left alone it would block the device for ever. */
function closeLateConnections(noble: Noble): Set<string> {
  const abandoned = new Set<string>()
  const bindings = noble._bindings
  bindings.on('connect', (id: string | null, error: unknown) => {
    if (id === null || !abandoned.delete(id) || error) return
    const handle = bindings._handles[id]
    if (typeof handle === 'number') bindings._hci.disconnect(handle)
  })
  return abandoned
}

/** Connections are set up one at a time above, so whatever still waits in noble is left over. */
function freeConnectQueue(noble: Noble): void {
  // Stays set when a connect is never answered (power off, 0x0c), and then every later connect waits for it in vain.
  noble._bindings._pendingConnectionUuid = null
  noble._bindings._connectionQueue = []
}

function dropLink(noble: Noble, id: string): void {
  const handle = noble._bindings._handles[id]
  if (typeof handle !== 'number') return
  noble._bindings._hci.emit('disconnComplete', handle, REASON_TIMEOUT)
}

function dropLinks(noble: Noble): void {
  for (const peripheral of Object.values(noble._peripherals)) if (peripheral) dropLink(noble, peripheral.id)
  // Packets that were never reported as sent would count against the controller's buffers for ever.
  noble._bindings._hci._aclConnections.clear()
  noble._bindings._hci._aclQueue = []
  freeConnectQueue(noble)
}

/** What throws or rejects below noble's own code: each would end the process. */
function fenceHci(hci: Hci, noble: Noble, log: TransportLog): void {
  const { onSocketData, flushAcl, writeAclDataPkt } = hci
  const failed = (error: unknown) => log.warn({ reason: messageOf(error) }, 'packet was not sent')
  hci.onSocketData = (packet) => {
    try {
      onSocketData.call(hci, packet)
    } catch (error) {
      // noble reads beyond the end of short packets. The link that sent this one is closed by its owner.
      log.warn({ reason: messageOf(error) }, 'malformed packet')
      if (packet[0] === ACL_PACKET && packet.length >= 3) {
        noble._bindings._aclStreams[packet.readUInt16LE(1) & HANDLE_BITS]?.emit('malformed')
      }
    }
  }
  // hci.js:731 takes a packet of a link that is gone and throws inside an async function: an unhandled rejection.
  hci.flushAcl = () => {
    hci._aclQueue = hci._aclQueue.filter(({ handle }) => hci._aclConnections.has(handle))
    return flushAcl.call(hci).catch(failed)
  }
  hci.writeAclDataPkt = (handle, cid, data) => writeAclDataPkt.call(hci, handle, cid, data).catch(failed)
}

/** noble has no stop: it looks after the adapter each second for ever, and keeps the process alive by it. */
function closeSocket(hci: Hci, log: TransportLog): void {
  hci.pollIsDevUp = () => undefined
  // One look is still on its way; it must find nothing new.
  hci._socket.isDevUp = () => hci._isDevUp === true
  const failed = (error: unknown) => log.warn({ reason: messageOf(error) }, 'adapter was not closed')
  hci._socket.removeAllListeners()
  hci._socket.on('error', failed)
  try {
    hci._socket.stop()
  } catch (error) {
    failed(error)
  }
}
