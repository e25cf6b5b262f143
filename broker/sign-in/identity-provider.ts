import { randomBytes } from 'node:crypto'
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import { messageOf, PreCareError } from '../../device-drivers/errors.ts'
import type { Log } from '../log.ts'

/**
 * Signing in through an identity provider (OpenID Connect Core 1.0, authorization code flow with PKCE, RFC 7636). All
 * that is taken from the provider is who it is: what a user may do is decided here.
 */

export interface ProviderConfig {
  /** `https://...`, as in its discovery document. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret?: string
  /** Of this broker as browsers reach it: `https://host`. */
  readonly origin: string
  /** A provider on this machine may speak plain HTTP; no other. */
  readonly plainText?: boolean
}

export interface IdentityProvider {
  /** Where to send the browser, and what it must bring back. */
  start(): Promise<{ readonly url: string; readonly transaction: string }>
  /** Who the provider says it is; undefined when anything is wrong with it. @param query of the address it came back to */
  finish(
    transaction: string,
    query: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly issuer: string; readonly subject: string } | undefined>
}

interface Started {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  readonly until: number
}

/** As the cookie (session-cookie.ts). */
const TRANSACTION_MS = 600_000
/** Strangers can start as many as they like; the oldest give way. */
const MAX_STARTED = 1_000
const BACK = '/v1/session/provider/back'

export function openIdentityProvider(
  config: ProviderConfig,
  clock: { monotonic(): number },
  log: Log,
): IdentityProvider {
  const started = new Map<string, Started>()
  let known: Promise<Configuration> | undefined

  /** Asked for when it is first needed: a provider that is down at the broker's start is asked again. */
  function discovered(): Promise<Configuration> {
    const options = config.plainText === true ? { execute: [allowInsecureRequests] } : {}
    known ??= discovery(new URL(config.issuer), config.clientId, config.clientSecret, undefined, options).catch(
      (error: unknown) => {
        known = undefined
        throw new PreCareError('uplink-lost', `the identity provider does not answer: ${messageOf(error)}`, {
          cause: error,
        })
      },
    )
    return known
  }

  function taken(transaction: string): Started | undefined {
    const found = started.get(transaction)
    started.delete(transaction)
    return found !== undefined && clock.monotonic() < found.until ? found : undefined
  }

  return {
    async start() {
      const provider = await discovered()
      const transaction = randomBytes(32).toString('base64url')
      const [state, nonce, verifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()]
      const oldest = started.keys().next().value
      if (started.size >= MAX_STARTED && oldest !== undefined) started.delete(oldest)
      started.set(transaction, { state, nonce, verifier, until: clock.monotonic() + TRANSACTION_MS })
      const url = buildAuthorizationUrl(provider, {
        redirect_uri: `${config.origin}${BACK}`,
        scope: 'openid',
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      })
      return { url: url.href, transaction }
    },
    async finish(transaction, query) {
      const known = taken(transaction)
      if (known === undefined) return undefined
      const url = new URL(`${config.origin}${BACK}`)
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value))
      try {
        const checks = { pkceCodeVerifier: known.verifier, expectedState: known.state, expectedNonce: known.nonce }
        const tokens = await authorizationCodeGrant(await discovered(), url, checks)
        const claims = tokens.claims()
        return claims === undefined ? undefined : { issuer: claims.iss, subject: claims.sub }
      } catch (error) {
        // The provider's own words may carry a name.
        log.warn('provider-refused', { reason: error instanceof Error ? error.name : 'unknown' })
        return undefined
      }
    },
  }
}
