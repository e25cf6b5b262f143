import { spawnSync } from 'node:child_process'
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { tempDir } from './temp-dir.ts'

/** Bytes of a pipe are 64 KiB by default (pipe(7)). */
const FILLING = Buffer.alloc(4096, 0x20)

/** A pipe whose reader has stopped reading. `stdout` is for one child, and closed by the caller once that is started. */
export function stoppedReader(): { readonly stdout: number; fill(): void } {
  const path = join(tempDir(), 'log')
  expect(spawnSync('mkfifo', [path]).status).toBe(0)
  // Read and write: opening waits for nobody, and the pipe has a reader that never reads.
  const ours = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  onTestFinished(() => closeSync(ours))
  return {
    // Opened anew, so that the child has it as a shell would give it: waiting when it is full.
    stdout: openSync(path, constants.O_WRONLY),
    fill() {
      for (let full = false; !full; ) {
        try {
          writeSync(ours, FILLING)
        } catch (error) {
          expect(error).toMatchObject({ code: 'EAGAIN' })
          full = true
        }
      }
    },
  }
}
