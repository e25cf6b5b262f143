import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../../device-drivers/decode/main.ts', import.meta.url))

async function decode(args: readonly string[], input = ''): Promise<{ out: string; err: string; code: number | null }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: 'pipe' })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('close', resolve)
    child.on('error', reject)
  })
  child.stdin.end(input)
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { out, err, code }
}

describe('the decode command', () => {
  test('answers every question in order: decoded, refused, or unknown', async () => {
    const { out, code } = await decode(
      [],
      JSON.stringify([
        { id: 'a', service: '1810', characteristic: '2A35', hex: '00 7D00 5000 FF07', source: 'ignored' },
        { id: 'b', service: '1810', characteristic: '2A35', hex: '004800' },
        { id: 'c', service: 'FFFF', characteristic: 'FFFF', hex: '' },
        { id: 'd', service: '180f', characteristic: '2a19', hex: 'zz' },
        { id: 'e', service: '1810', characteristic: '2A08', hex: 'EA07021F000000' },
        { id: 'f', service: '180D', characteristic: '2A37', hex: '104600040005' },
      ]),
    )
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject([
      {
        id: 'a',
        ok: true,
        decoded: {
          measurements: [{ kind: 'blood-pressure', values: { systolic: { value: 125, unit: 'mm[Hg]' } } }],
          fields: { 'Time Stamp Flag': false, Systolic: 125, MAP: null },
          notes: { MAP: 'not-a-number' },
          layout: expect.arrayContaining([
            expect.objectContaining({ name: 'Systolic', value: 125, unit: 'mm[Hg]', offset: 1, length: 2 }),
          ]),
        },
      },
      { id: 'b', ok: false, error: { code: 'packet-too-short', message: expect.stringContaining('offset 3') } },
      { id: 'c', ok: false, error: { code: 'decoder-unknown' } },
      { id: 'd', ok: false, error: { code: 'packet-malformed' } },
      { id: 'e', ok: false, error: { code: 'date-time-invalid' } },
      { id: 'f', ok: true, decoded: { fields: { 'RR-Interval': [1024, 1280] } } },
    ])
  })

  test('prints one packet for a person, the meaning of each byte beside it', async () => {
    const { out, code } = await decode(['1810', '2a35', '1E 8A00 5800 7800', '00000411 14293B 3C00 01 2700'])
    expect(code).toBe(0)
    expect(out).toContain('Blood Pressure, Blood Pressure Measurement')
    expect(out).toMatch(/1 {2}8a00 +Systolic: 138 mm\[Hg\]/)
    expect(out).toMatch(/Time Stamp: 0000-04-17T20:41:59 {2}\(date not set\)/)
    expect(out).toContain('the clock of the device is not set')
    expect(out).toContain('status: body-movement, cuff-too-loose, irregular-pulse, improper-position')
  })

  test('says what is wrong on standard error and exits 1', async () => {
    const refused = await decode(['1810', '2A35', '00'])
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.err).toContain("'Systolic' needs 2 bytes at offset 1")
    expect(await decode(['1810'])).toMatchObject({ code: 1, out: '' })
    expect(await decode([], 'no json')).toMatchObject({ code: 1, out: '' })
    expect(await decode([], '[{"id":1}]')).toMatchObject({ code: 1, out: '' })
  })
})
