import { describe, expect, onTestFinished, test } from 'vitest'
import { Accounts } from '../../../broker/accounts.ts'
import { openTrail } from '../../../broker/audit/trail.ts'
import { systemClock } from '../../../broker/broker-clock.ts'
import { openHttp } from '../../../broker/http.ts'
import { sign } from '../../../broker/notify/signature.ts'
import { openRegistry } from '../../../broker/registry.ts'
import { openReplay } from '../../../broker/replay/replay.ts'
import { openSignIn } from '../../../broker/sign-in/sign-in.ts'
import { CHEAP } from '../../support/cheap-passwords.ts'
import { nobodyActs } from '../http/nobody-acts.ts'
import { SECRET, type Stage, startStage } from './fixture.ts'

/** A provider's word on what became of a message, over the broker's own HTTP server. */

type Post = (key: string, body: string, signature?: string) => Promise<{ status: number; body: unknown }>

async function startServer(): Promise<{ stage: Stage; key: string; post: Post }> {
  const stage = await startStage()
  stage.provider.answer = () => 202
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
  const http = await openHttp({
    host: '127.0.0.1',
    port: 0,
    accounts: new Accounts(stage.journal.database, systemClock, { passwordCost: CHEAP }),
    replay: openReplay(stage.journal, openRegistry(stage.journal), { now: stage.now }),
    devices: { all: () => [] },
    database: stage.journal.database,
    registry: openRegistry(stage.journal),
    audit: openTrail(stage.journal, systemClock),
    clock: { now: stage.now },
    plainTextAllowed: false,
    current: () => undefined,
    acting: nobodyActs(stage.journal),
    readingsOf: () => [],
    auditOf: () => [],
    notReady: () => undefined,
    metrics: () => [],
    deliveries: stage.notifier,
    signIn: openSignIn({
      database: stage.journal.database,
      clock: systemClock,
      audit: openTrail(stage.journal, systemClock),
    }),
    log,
  })
  onTestFinished(() => http.close())
  stage.tell()
  await stage.settle()
  const post: Post = async (key, body, signature) => {
    const answer = await fetch(`${http.url}/v1/deliveries/${key}/receipt`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'precare-signature': signature ?? sign(SECRET, body, stage.now()),
      },
      body,
    })
    return { status: answer.status, body: await answer.json() }
  }
  return { stage, key: stage.provider.received[0]?.key ?? '', post }
}

describe('a receipt over HTTP', () => {
  test('moves the message on, and coming twice changes nothing', async () => {
    const { stage, key, post } = await startServer()
    const body = JSON.stringify({ key, state: 'delivered' })
    expect(await post(key, body)).toEqual({ status: 200, body: { key, state: 'delivered' } })
    expect(await post(key, body)).toEqual({ status: 200, body: { key, state: 'delivered' } })
    expect(stage.notifier.figures().byState).toEqual({ delivered: 1 })
    expect(await post(key, JSON.stringify({ key, state: 'accepted' }))).toMatchObject({ body: { state: 'accepted' } })
    expect(stage.notifier.figures().callsRunning).toBe(0)
  })

  test('with a wrong or old signature, or for a key that does not exist, is refused alike and changes nothing', async () => {
    const { stage, key, post } = await startServer()
    const body = JSON.stringify({ key, state: 'accepted' })
    const unknown = 'f'.repeat(32)
    const refused = [
      await post(key, body, sign('another secret of thirty-two characters', body, stage.now())),
      await post(key, body, sign(SECRET, body, stage.now() - 301_000)),
      await post(key, body, 't=1,v1=00'),
      await post(unknown, body.replace(key, unknown)),
      await post('..%2f..', body),
    ]
    expect(refused.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401])
    expect(new Set(refused.map((answer) => JSON.stringify(answer.body))).size).toBe(1)
    expect(stage.notifier.figures().byState).toEqual({ sent: 1 })
  })

  test('of another message, or in words of its own, is refused and says what to send', async () => {
    const { stage, key, post } = await startServer()
    for (const body of [
      JSON.stringify({ key: 'f'.repeat(32), state: 'accepted' }),
      JSON.stringify({ key, state: 'lovely' }),
      '{',
    ]) {
      expect(await post(key, body)).toMatchObject({ status: 400, body: { error: { code: 'request-invalid' } } })
    }
    expect(stage.notifier.figures().byState).toEqual({ sent: 1 })
  })
})
