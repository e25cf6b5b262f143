import { TLSSocket } from 'node:tls'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { PreCareError } from '../../device-drivers/errors.ts'
import { HUB_INSTALLATION_PATH, HUB_REPORT_PATH, signedReportSchema } from '../contract/installation.ts'
import type { Certificates } from '../identity/certificates.ts'
import { peerOf } from '../identity/peer.ts'
import type { Log } from '../log.ts'
import type { Installations } from './installations.ts'

/** What a hub asks and leaves during a visit, on the port that asks for its certificate. */

/** A report's text may be 64 KiB; JSON within JSON grows by its escapes. */
const MAX_REPORT_BYTES = 160 * 1024

export interface HubRoutesParts {
  readonly installations: Installations
  readonly certificates: Certificates
  /** Id of the hub when this account is a hub's and may connect. */
  readonly isHub: (account: string) => boolean
  readonly log: Log
}

interface Caller {
  readonly hub: string
  /** PEM: of the certificate that this very connection has shown. */
  readonly publicKey: string
}

/** Adds `GET /v1/hub/installation` and `POST /v1/hub/report`. */
export function addHubRoutes(app: FastifyInstance, { installations, certificates, isHub, log }: HubRoutesParts): void {
  function callerOf(request: FastifyRequest): Caller {
    const { socket } = request.raw
    const peer = peerOf(socket, certificates)
    if (peer.kind === 'refused') throw new PreCareError('access-denied', peer.reason)
    if (peer.kind === 'none' || !(socket instanceof TLSSocket)) {
      throw new PreCareError('access-denied', 'no certificate')
    }
    if (!isHub(peer.account)) throw new PreCareError('access-denied', 'not the certificate of a hub')
    const publicKey = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'pem' })
    if (publicKey === undefined) throw new PreCareError('access-denied', 'no certificate')
    return { hub: peer.account, publicKey: String(publicKey) }
  }

  app.get(HUB_INSTALLATION_PATH, (request) => installations.kitOf(callerOf(request).hub))
  app.post(HUB_REPORT_PATH, { bodyLimit: MAX_REPORT_BYTES }, (request, reply) => {
    // Who asks comes before what is asked.
    const { hub, publicKey } = callerOf(request)
    const signed = signedReportSchema.safeParse(request.body)
    if (!signed.success) throw new PreCareError('payload-malformed', 'report: write {"text": ..., "signature": ...}')
    const { devices } = installations.accept(hub, signed.data, publicKey)
    log.info('installation-commissioned', { hub, count: devices.length })
    return reply.send({})
  })
}
