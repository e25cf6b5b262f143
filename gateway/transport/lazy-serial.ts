import type { SerialTransport } from './transport.ts'

/** Serial ports for a hub that has no device on one yet: their library is loaded when a technician first looks. */
export function lazySerial(load: () => Promise<SerialTransport>): SerialTransport {
  let loaded: Promise<SerialTransport> | undefined
  const transport = (): Promise<SerialTransport> => {
    loaded ??= load()
    return loaded
  }
  return {
    open: async (target, settings, signal) => (await transport()).open(target, settings, signal),
    list: async () => (await transport()).list(),
  }
}
