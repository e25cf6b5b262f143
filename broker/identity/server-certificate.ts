import { isIP } from 'node:net'
import { join } from 'node:path'
import { PreCareError } from '../../device-drivers/errors.ts'
import type { BrokerClock } from '../broker-clock.ts'
import { type Authority, belongs, type KeyFiles, parse } from './authority.ts'
import { readPrivate, readText, writePrivate } from './key-file.ts'
import type { Issuer } from './x509.ts'

/** The broker's own certificate: made by its authority and renewed by itself, or given and read again when it changes. */

/** Renewed when less than this part of its life is left. */
const RENEW_AT_LEFT = 1 / 3
/** Key and certificate as Node's servers take them, now and after each renewal. */
export interface ServerCertificate {
  /** With the authority behind it, so that a hub that knows only its fingerprint can pick it up. */
  current(): { readonly key: string; readonly cert: string }
  /** Unix ms. */
  endsAt(): number
  /** Nobody renews it but who gave it. */
  readonly given: boolean
  /** Makes a new one when it is time, or reads a given one again; true when it is another now. */
  tend(): Promise<boolean>
}

export interface ServerCertificatePorts {
  readonly folder: string
  readonly given?: KeyFiles | undefined
  readonly authority: Authority
  /** Host names and addresses. */
  readonly names: readonly string[]
  readonly clock: BrokerClock
}

/** @throws PreCareError 'config-invalid' for files that can't be used */
export async function openServerCertificate(ports: ServerCertificatePorts): Promise<ServerCertificate> {
  const { folder, given, authority, names, clock } = ports
  const files = given ?? { keyFile: join(folder, 'server.key'), certificateFile: join(folder, 'server.crt') }

  function read(): Issuer | undefined {
    const key = readPrivate(files.keyFile)
    if (key === undefined) return undefined
    const certificate = readText(files.certificateFile)
    if (belongs(parse(certificate, files.certificateFile), key, files.keyFile)) return { key, certificate }
    if (given === undefined) return undefined
    throw new PreCareError('config-invalid', `${files.keyFile}: this is not the key of ${files.certificateFile}`)
  }

  /** Of our own making, under the names wanted, and not near its end. */
  function isGood({ certificate }: Issuer): boolean {
    const parsed = parse(certificate, files.certificateFile)
    const [from, to] = [parsed.validFromDate.getTime(), parsed.validToDate.getTime()]
    const left = to - clock.now()
    return (
      left > (to - from) * RENEW_AT_LEFT &&
      authority.signed(parsed) &&
      names.every((name) => (isIP(name) > 0 ? parsed.checkIP(name) : parsed.checkHost(name)) !== undefined)
    )
  }

  async function make(): Promise<Issuer> {
    const made = await authority.issueServer(names)
    writePrivate(files.certificateFile, made.certificate)
    writePrivate(files.keyFile, made.key)
    return made
  }

  async function latest(): Promise<Issuer> {
    const found = read()
    if (given === undefined) return found !== undefined && isGood(found) ? found : make()
    if (found === undefined) throw new PreCareError('config-invalid', `${files.keyFile}: there is no such key file`)
    return found
  }

  let now = await latest()
  return {
    current: () => ({ key: now.key, cert: `${now.certificate}${authority.certificate}` }),
    endsAt: () => parse(now.certificate, files.certificateFile).validToDate.getTime(),
    given: given !== undefined,
    async tend() {
      const next = await latest()
      const changed = next.certificate !== now.certificate
      now = next
      return changed
    },
  }
}
