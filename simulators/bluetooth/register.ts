import { registerHooks } from 'node:module'

/**
 * Puts the virtual controller below noble: `node --import ./simulators/bluetooth/register.ts gateway/main.ts`. Of noble
 * nothing is touched; only the native module that would open the radio's socket resolves to `hci-socket` beside this file.
 */
const REPLACED = '@abandonware/bluetooth-hci-socket'
/** Source or compiled: the neighbour has the same extension. */
const REPLACEMENT = import.meta.url.replace(/register(\.[jt]s)$/, 'hci-socket$1')

registerHooks({
  resolve: (specifier, context, nextResolve) =>
    // The default resolution of a require() takes no URL, so the answer is given here and ends the search.
    specifier === REPLACED ? { url: REPLACEMENT, shortCircuit: true } : nextResolve(specifier, context),
})
