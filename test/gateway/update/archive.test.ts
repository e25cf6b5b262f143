import { createHash, generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { create } from 'tar'
import { describe, expect, it } from 'vitest'
import { openUpdate, unpack } from '../../../gateway/update/archive.ts'
import { compareVersions, type Manifest, signedLine } from '../../../gateway/update/manifest.ts'
import { keys, tinyUpdate } from '../../support/releases.ts'
import { tempDir } from '../../support/temp-dir.ts'

const refusal = (reason: RegExp) => ({ code: 'update-refused', message: expect.stringMatching(reason) })

/** An update whose signature is right and whose archive is whatever `paths` below `dir` are. */
async function signedArchive(dir: string, paths: string[], change: Partial<Manifest> = {}): Promise<string> {
  const archive = join(dir, 'archive.tar.gz')
  await create({ file: archive, cwd: join(dir, 'content'), gzip: true, preservePaths: true }, paths)
  const bytes = readFileSync(archive)
  const line = signedLine(
    {
      version: '1.0.0',
      sha256: createHash('sha256').update(bytes).digest('hex'),
      archiveBytes: bytes.length,
      unpackedBytes: 1_000,
      files: 1,
      oldestPredecessor: '0.0.1',
      outbox: { schema: 1, readableFrom: 1 },
      ...change,
    },
    keys.privateKey,
  )
  const path = join(dir, 'made.update')
  writeFileSync(path, Buffer.concat([Buffer.from(`${line}\n`), bytes]))
  return path
}

describe('an update', () => {
  it('is unpacked as it was packed, for everybody to read and nobody else to change', async () => {
    const dir = tempDir()
    const update = await openUpdate(await tinyUpdate(dir, '1.2.3'), keys.publicKey)
    expect(update.manifest).toMatchObject({ version: '1.2.3', files: 2 })
    const folder = join(dir, 'out')
    mkdirSync(folder)
    await unpack(update, folder)
    expect(readFileSync(join(folder, 'gateway/main.js'), 'utf8')).toBe('// 1.2.3')
    expect(statSync(join(folder, 'gateway/main.js')).mode & 0o777).toBe(0o644)
    expect(statSync(join(folder, 'gateway')).mode & 0o777).toBe(0o755)
  })

  it('is the same file whenever it is packed', async () => {
    const [one, two] = [await tinyUpdate(tempDir(), '1.2.3'), await tinyUpdate(tempDir(), '1.2.3')]
    expect(readFileSync(one).equals(readFileSync(two))).toBe(true)
  })

  it('is refused when another key signed it, or the key is of another kind', async () => {
    const path = await tinyUpdate(tempDir(), '1.2.3')
    await expect(openUpdate(path, generateKeyPairSync('ed25519').publicKey)).rejects.toMatchObject(refusal(/signature/))
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
    await expect(openUpdate(path, rsa)).rejects.toMatchObject(refusal(/no Ed25519 key/))
  })

  it('is refused with any byte of its first line or of its archive changed', async () => {
    const path = await tinyUpdate(tempDir(), '1.2.3')
    const sound = readFileSync(path)
    const end = sound.indexOf(0x0a)
    const places = [...Array.from({ length: end }, (_, at) => at), end + 1, end + 100, sound.length - 1]
    for (const at of places) {
      const bytes = Buffer.from(sound)
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0x01, at)
      writeFileSync(path, bytes)
      await expect(openUpdate(path, keys.publicKey), `byte ${at}`).rejects.toMatchObject({ code: 'update-refused' })
    }
  })

  it('is refused when it is cut short, goes on too long, or is no update at all', async () => {
    const path = await tinyUpdate(tempDir(), '1.2.3')
    const sound = readFileSync(path)
    for (const bytes of [sound.subarray(0, -1), Buffer.concat([sound, Buffer.of(0)])]) {
      writeFileSync(path, bytes)
      await expect(openUpdate(path, keys.publicKey)).rejects.toMatchObject(refusal(/longer or shorter/))
    }
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(100_000, 0x20), Buffer.from('{}\n')]) {
      writeFileSync(path, bytes)
      await expect(openUpdate(path, keys.publicKey)).rejects.toMatchObject(refusal(/no update/))
    }
  })

  it('writes nothing outside its folder, and no links', async () => {
    const dir = tempDir()
    mkdirSync(join(dir, 'content'))
    writeFileSync(join(dir, 'evil'), 'x')
    symlinkSync('/etc/passwd', join(dir, 'content/link'))
    for (const [path, reason] of [
      ['../evil', /outside/],
      [join(dir, 'evil'), /outside/],
      ['link', /neither a file/],
    ] as const) {
      const update = await openUpdate(await signedArchive(dir, [path]), keys.publicKey)
      const parent = join(dir, `parent-${reason.source}-${path.length}`)
      mkdirSync(join(parent, 'out'), { recursive: true })
      await expect(unpack(update, join(parent, 'out'))).rejects.toMatchObject(refusal(reason))
      expect(existsSync(join(parent, 'evil'))).toBe(false)
      expect(readdirSync(join(parent, 'out'))).toEqual([])
    }
  })

  it('unpacks to neither more nor less than its manifest says', async () => {
    const dir = tempDir()
    mkdirSync(join(dir, 'content'))
    writeFileSync(join(dir, 'content/a'), 'x'.repeat(500))
    writeFileSync(join(dir, 'content/b'), 'x'.repeat(500))
    for (const [change, reason] of [
      [{ files: 1 }, /more is packed/],
      [{ files: 2, unpackedBytes: 999 }, /more is packed/],
      [{ files: 3 }, /less is packed/],
    ] as const) {
      const folder = join(dir, JSON.stringify(change))
      mkdirSync(folder)
      const update = await openUpdate(await signedArchive(dir, ['a', 'b'], change), keys.publicKey)
      await expect(unpack(update, folder)).rejects.toMatchObject(refusal(reason))
    }
  })
})

it('versions are compared number by number', () => {
  expect(['0.10.0', '0.2.0', '1.0.0', '0.2.10'].sort(compareVersions)).toEqual(['0.2.0', '0.2.10', '0.10.0', '1.0.0'])
  expect(compareVersions('1.2.3', '1.2.3')).toBe(0)
})
