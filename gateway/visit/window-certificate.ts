import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { writeDurably } from '../durable-file.ts'
import type { HubClock } from '../hub-clock.ts'
import type { PageCertificate } from './page-certificate.ts'
import { isLoopback, reachableAt } from './reachable.ts'
import { certificatePath, type VisitWindow } from './window.ts'

/**
 * The certificate of a window, in the data folder as long as the window is open: a hub that restarts in the middle of a
 * visit shows the phone the one that the technician has compared. The next window has another.
 */

const fileSchema = z.strictObject({ window: z.string(), host: z.string(), key: z.string(), cert: z.string() })

/** What was kept for this very window; undefined when there is nothing, or it is damaged. */
function kept(dataDir: string, { code, host }: VisitWindow): PageCertificate | undefined {
  try {
    const found = fileSchema.parse(JSON.parse(readFileSync(certificatePath(dataDir), 'utf8')))
    return found.window === code && found.host === host ? { key: found.key, cert: found.cert } : undefined
  } catch {
    // Nothing of it is quoted: it has a key. Another is made.
    return undefined
  }
}

/** Undefined for a page that only this machine can reach. Readable by its owner only. */
export async function windowCertificate(
  dataDir: string,
  window: VisitWindow,
  clock: Pick<HubClock, 'wall'>,
): Promise<PageCertificate | undefined> {
  const { code, host } = window
  if (isLoopback(host)) return undefined
  const before = kept(dataDir, window)
  if (before !== undefined) return before
  const { pageCertificate } = await import('./page-certificate.ts')
  const made = await pageCertificate(reachableAt(host), clock.wall())
  writeDurably(certificatePath(dataDir), JSON.stringify({ window: code, host, ...made }))
  return made
}

/** As a browser shows it; undefined for a page without a certificate. */
export function windowFingerprint(dataDir: string, window: VisitWindow): string | undefined {
  const certificate = kept(dataDir, window)
  return certificate && new X509Certificate(certificate.cert).fingerprint256
}
