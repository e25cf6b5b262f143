import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { type PeopleFile, signInLines } from '../demo/people.ts'
import { realTime } from '../time.ts'
import { paintFor } from './lines.ts'
import { type ReadyFile, subscribeAsClinic } from './subscriber.ts'

/** `npm run clinic`: prints readings and alerts of a running demo as they come. */
async function main(options: { data: string }): Promise<void> {
  const path = join(options.data, 'ready.json')
  let ready: ReadyFile
  try {
    ready = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    console.error(
      `Cannot read ${path} (${(error as Error).message}). Start the system first: npm start -- --data ${options.data}`,
    )
    process.exitCode = 1
    return
  }
  const stop = new AbortController()
  process.on('SIGINT', () => stop.abort())
  process.on('SIGTERM', () => stop.abort())
  console.log(`Subscribed to ${ready.topicRoot}/# at ${ready.mqttUrl}; Ctrl-C ends.`)
  await subscribeAsClinic(
    ready,
    `terminal-${process.pid}`,
    paintFor(process.stdout),
    (line) => console.log(line),
    stop.signal,
  )
}

/** `npm run clinic -- sign-in`: what to type on the page. */
async function signIn({ data }: { data: string }): Promise<void> {
  const people: PeopleFile = JSON.parse(await readFile(join(data, 'people.json'), 'utf8'))
  for (const line of signInLines(people, realTime().now())) console.log(line)
}

const program = new Command('clinic')
  .description('A clinic at a terminal: readings and alerts as they come')
  .option('--data <DIR>', 'data folder of the running system, with its ready.json', 'data')
  .action(main)
program
  .command('sign-in')
  .description("who signs in to the clinic's page, with which password and which code now")
  .option('--data <DIR>', 'data folder of the running system', 'data')
  .action((_own, command) => signIn(command.optsWithGlobals()))
await program.parseAsync()
