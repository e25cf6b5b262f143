import { existsSync } from 'node:fs'

/** Debian's Chromium: the browser that people have. */
export const CHROMIUM = '/usr/bin/chromium'
export const hasChromium = existsSync(CHROMIUM)

const SHELL = '/usr/bin/chromium-headless-shell'
/** The same engine without the windows around it, from the same source package: a page opens in a third of the time. */
export const CHROMIUM_SHELL = existsSync(SHELL) ? SHELL : CHROMIUM
