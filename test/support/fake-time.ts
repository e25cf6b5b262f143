import { existsSync } from 'node:fs'

/** libfaketime (Debian: faketime) gives one process another wall clock; its monotonic clock goes on as it is. */

const LIBRARIES = ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`)
const LIBRARY = LIBRARIES.find((path) => existsSync(path))

export const hasFakeTime = LIBRARY !== undefined

/** @param time `@1970-01-02 00:00:00` starts there and goes on; `+400d` is an offset */
export function fakeTime(time: string): Record<string, string> {
  return { LD_PRELOAD: LIBRARY ?? '', FAKETIME: time, FAKETIME_DONT_FAKE_MONOTONIC: '1', NO_FAKE_STAT: '1' }
}
