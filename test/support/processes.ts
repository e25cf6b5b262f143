import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** What Linux says about running processes, for tests that must not believe the processes themselves. */

/** Process ids whose command line has this text in it. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => contentOf(`/proc/${pid}/cmdline`).includes(text))
    .map(Number)
}

/** A process may end while it is looked at: then there is nothing to see. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return ''
    throw error
  }
}

/** Local addresses, as the kernel writes them ('0100007F:1F90'), on which these processes listen. */
export function listeningAddresses(pids: readonly number[]): string[] {
  const inodes = new Set(pids.flatMap(socketsOf))
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) => contentOf(path).split('\n').slice(1))
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((row) => row[3] === '0A' && inodes.has(row[9] ?? ''))
    .map((row) => row[1] ?? '')
}

function socketsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    const match = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))
    return match?.[1] === undefined ? [] : [match[1]]
  })
}
