import { Command } from 'commander'
import { onTestFinished } from 'vitest'
import { messageOf } from '../../../device-drivers/errors.ts'
import { drivers } from '../../../device-drivers/index.ts'
import { parseConfig } from '../../../gateway/config.ts'
import type { HubClock } from '../../../gateway/hub-clock.ts'
import { addVisitCommands } from '../../../gateway/visit/command.ts'
import type { Commissioning } from '../../../gateway/visit/commissioning.ts'
import { visitDesk } from '../../../gateway/visit/desk.ts'
import type { Language } from '../../../gateway/visit/sentences.ts'
import { openVisitServer } from '../../../gateway/visit/server.ts'
import { askForWindow, socketIn } from '../../../gateway/visit/window.ts'
import { aPhone } from './browser-fixture.ts'

/** The two ways in which a technician takes the steps of a visit, so that a test can take the same ones over both. */

export interface Surface {
  refresh(): Promise<void>
  search(): Promise<void>
  choose(address: string, passkey?: string): Promise<void>
  /** Waits until it is there to read, in this language; the test's own time limit ends it. */
  reads(language: Language, what: string | RegExp): Promise<void>
  readonly shoot: (name: string) => Promise<void>
}

export interface SurfaceParts {
  readonly visit: Commissioning
  readonly dataDir: string
  readonly clock: HubClock
  /** Of the kit: the device that all steps are about. */
  readonly device: string
}

const CODE = '12345678'
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined }

const windowOf = ({ dataDir, clock }: SurfaceParts) =>
  askForWindow(dataDir, { minutes: 240, host: '127.0.0.1', port: 0, bootId: clock.bootId, now: clock.now() }, CODE)

export async function thePage(parts: SurfaceParts): Promise<Surface> {
  const desk = visitDesk(parts.visit)
  const server = await openVisitServer({ window: windowOf(parts), desk, log: SILENT, close: () => undefined })
  onTestFinished(() => server.close())
  const { page, shoot } = await aPhone(server.url, [CODE])
  await page.getByLabel('Besøgskode').fill(CODE)
  await page.keyboard.press('Enter')
  const speak = async (language: Language) => {
    if ((await page.locator('html').getAttribute('lang')) === language) return
    await page.getByRole('button', { name: language === 'en' ? 'In English' : 'På dansk' }).click()
  }
  return {
    shoot,
    refresh: () => page.getByRole('button', { name: 'Hent installationen fra klinikken' }).click(),
    search: () => page.getByRole('button', { name: 'Søg', exact: true }).click(),
    async choose(address, passkey) {
      await page.getByText(address).waitFor()
      if (passkey !== undefined) await page.getByLabel('Kode på apparatet').fill(passkey)
      await page.getByRole('button', { name: 'Det er det her' }).click()
    },
    async reads(language, what) {
      await speak(language)
      await page.locator('main', { hasText: what }).waitFor()
    },
  }
}

export async function theCommandLine(parts: SurfaceParts): Promise<Surface> {
  const { dataDir, clock, device } = parts
  const socket = socketIn(dataDir)
  const desk = visitDesk(parts.visit)
  const server = await openVisitServer({ window: windowOf(parts), desk, log: SILENT, close: () => undefined, socket })
  onTestFinished(() => server.close())
  const broker = { url: 'mqtts://127.0.0.1:1' }
  const config = parseConfig({ hub: 'hub-0001', dataDir, broker }, { drivers }, () => '')
  /** True when it was refused, which is printed too; `search` and `choose` go on until a person is needed. */
  const run = async (print: (text: string) => void, ...args: string[]): Promise<boolean> => {
    const program = new Command().exitOverride()
    addVisitCommands(program, {
      ...{ clock, print, log: SILENT, machine: undefined, software: '0.0.0', run: async () => undefined },
      configOf: () => config,
    })
    return program.parseAsync(['visit', ...args, '--config', 'hub.json'], { from: 'user' }).then(
      () => false,
      (error: unknown) => {
        print(messageOf(error))
        return true
      },
    )
  }
  let said: string[] = []
  let refused: readonly string[] | undefined
  /** Until there is something to read; what follows is added to it. */
  const start = async (...args: string[]): Promise<void> => {
    const told: string[] = []
    said = told
    refused = undefined
    const { promise, resolve } = Promise.withResolvers<void>()
    const print = (text: string) => {
      told.push(text)
      resolve()
    }
    const over = run(print, ...args).then((not) => {
      if (not) refused = args
    })
    await Promise.race([promise, over])
  }
  const read = async (language: Language): Promise<string> => {
    const now: string[] = []
    const note = (text: string) => void now.push(text)
    // What was refused is told once; in another language, when it is asked for again.
    if (refused !== undefined) await run(note, ...refused, '--language', language)
    await run(note, 'status', '--language', language)
    return [...said, ...now].join('\n')
  }
  return {
    shoot: async () => undefined,
    refresh: () => start('refresh'),
    search: () => start('search', device),
    async choose(address, passkey) {
      while (!said.join('\n').includes(address)) await new Promise((resolve) => setTimeout(resolve, 20))
      await start('choose', device, address, ...(passkey === undefined ? [] : ['--passkey', passkey]))
    },
    async reads(language, what) {
      const found = (text: string) => (typeof what === 'string' ? text.includes(what) : what.test(text))
      while (!found(await read(language))) await new Promise((resolve) => setTimeout(resolve, 50))
    },
  }
}
