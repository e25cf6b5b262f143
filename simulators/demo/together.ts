import { type Child, startChild } from './children.ts'

/** Ctrl-C must end everything within 5 s: broker, devices and two hubs, each killed after this if it has not ended. */
const STOP_GRACE_MS = 1000

export type Start = (name: string, args: readonly string[], env?: Record<string, string>) => Child

/** Processes that live and die together with this one. */
export interface Together {
  /** In the order in which they must be started; they are ended the other way round. */
  readonly start: Start
  /** Aborted when the end has begun. */
  readonly signal: AbortSignal
  /** Says why, ends everything and exits with 1. */
  fail(why: string): void
}

/**
 * Ends everything on Ctrl-C, SIGTERM and a closed terminal, and when one of the processes ends by itself.
 * @param onLine sees each JSON line that a process logs
 * @param onEnd the last thing before the exit
 */
export function together(
  isReady: (line: Record<string, unknown>) => boolean,
  onLine: (line: Record<string, unknown>) => void,
  onEnd: () => void,
): Together {
  const stop = new AbortController()
  const children: Child[] = []
  const endAll = async (code: number): Promise<void> => {
    if (stop.signal.aborted) return
    stop.abort()
    // The other way round: a hub can say good-bye while the broker is still there.
    for (const child of children.toReversed()) await child.stop(STOP_GRACE_MS)
    onEnd()
    process.exit(code)
  }
  const leave = (): void => void endAll(0)
  // On, not once: npm hands the terminal's Ctrl-C on, so it comes twice, and the second would kill.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, leave)
  // Whoever read our lines has gone (`npm start | head`): nobody is left who could press Ctrl-C.
  process.stdout.on('error', leave)

  const fail = (why: string): void => {
    if (stop.signal.aborted) return
    console.error(why)
    void endAll(1)
  }
  const start: Start = (name, args, env = {}) => {
    const child = startChild(name, args, env, isReady, onLine)
    children.push(child)
    // Before it is ready, whoever waits for that gets the error, with what the process said.
    child.ready.then(
      () => child.exited.then((code) => fail(`${name} ended with code ${code}; everything is stopped`)),
      () => undefined,
    )
    return child
  }
  return { start, signal: stop.signal, fail }
}
