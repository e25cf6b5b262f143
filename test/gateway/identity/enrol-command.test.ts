import { join } from 'node:path'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { grouped, invitationText, typedFingerprint } from '../../../broker/contract/enrolment.ts'
import { drivers } from '../../../device-drivers/index.ts'
import { parseConfig } from '../../../gateway/config.ts'
import { addIdentityCommands } from '../../../gateway/identity/commands.ts'
import { identityFolder, readIdentity } from '../../../gateway/identity/slots.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { type EnrolmentPlace, enrolmentPlace, HUB, SERIAL } from './enrolment-place.ts'

/** `hub enrol`, as a technician types it where there is no page. */

const MINUTE = 60_000

function aTechnician({ hubClock, origin, authority }: EnrolmentPlace) {
  const dataDir = join(tempDir(), 'data')
  const config = parseConfig({ hub: HUB, dataDir, broker: { url: 'mqtts://127.0.0.1:1' } }, { drivers }, () => '')
  const said: string[] = []
  return {
    said,
    enrolled: () => readIdentity(identityFolder(dataDir))?.hub,
    qr: (code: string) => invitationText({ origin, code, fingerprint: authority.fingerprint }),
    async enrol(...args: string[]): Promise<void> {
      const program = new Command().exitOverride()
      const say = (text: string) => void said.push(text)
      addIdentityCommands(program, { clock: hubClock, machine: SERIAL, config: () => config, say })
      await program.parseAsync(['enrol', '--config', 'hub.json', ...args], { from: 'user' })
    },
  }
}

/** What is printed of a refusal: the message and the advice of its code. */
const refusal = (enrolling: Promise<void>): Promise<{ code: string; message: string; advice: string }> =>
  enrolling.then(
    () => Promise.reject(new Error('was not refused')),
    (error: unknown) => error as { code: string; message: string; advice: string },
  )

describe('a code on the command line', () => {
  it('that is wrong is refused, with what to do, and the right one enrols', async () => {
    const place = await enrolmentPlace()
    const { enrol, enrolled, qr, said } = aTechnician(place)
    const { code } = place.invite()
    const wrong = qr(code).replace(/#.{4}/, '#AAAA')
    const { advice, ...refused } = await refusal(enrol('--code', wrong))
    expect(refused.code).toBe('enrolment-refused')
    expect(advice).toMatch(/wrong, used, locked or older.*make a new one/)
    expect(enrolled()).toBeUndefined()
    await enrol('--code', qr(code))
    expect(enrolled()).toBe(HUB)
    expect(said.join('\n')).toContain(`${HUB} is enrolled`)
    for (const secret of [code, wrong.slice(-60)]) expect(`${refused.message}${said.join()}`).not.toContain(secret)
  })

  it('that has expired is told apart from a wrong one', async () => {
    const place = await enrolmentPlace()
    const { enrol, qr } = aTechnician(place)
    const { code } = place.invite()
    place.clock.move(31 * MINUTE)
    expect(await refusal(enrol('--code', qr(code)))).toMatchObject({
      code: 'code-expired',
      advice: expect.stringMatching(/older than 30 minutes; make a new one/),
    })
  })

  it('may be the twelve characters, with address and fingerprint; without them it is told which is missing', async () => {
    const place = await enrolmentPlace()
    const { enrol, enrolled } = aTechnician(place)
    const { typed } = place.invite()
    const code = grouped(typed).toLowerCase()
    expect((await refusal(enrol('--code', code))).message).toMatch(/^--broker: write/)
    expect((await refusal(enrol('--code', code, '--broker', place.origin))).message).toMatch(/^--fingerprint: write/)
    const fingerprint = typedFingerprint(place.authority.fingerprint)
    await enrol('--code', code, '--broker', place.origin, '--fingerprint', fingerprint)
    expect(enrolled()).toBe(HUB)
  })

  it('is not spent on a line that is down', async () => {
    const place = await enrolmentPlace()
    const { enrol, enrolled, qr } = aTechnician(place)
    const { code } = place.invite()
    const nowhere = qr(code).replace(place.origin, 'https://127.0.0.1:1')
    expect(await refusal(enrol('--code', nowhere))).toMatchObject({ code: 'uplink-lost' })
    await enrol('--code', qr(code))
    expect(enrolled()).toBe(HUB)
  })
})
