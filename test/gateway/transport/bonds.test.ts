import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isBond, openBondStore } from '../../../gateway/transport/bonds.ts'
import { optional } from '../../support/optional.ts'
import { breakableDisk, mayMount } from '../../support/small-disk.ts'
import { ADDRESS, collectingLog, type LogLine, temporaryFolder } from './radio-fixture.ts'

const bond = { ltk: '0f'.repeat(16), ediv: '1234', rand: '0102030405060708' }
const other = { ...bond, ediv: '4321' }

test('bonds are on disk for the next start, for their owner only, and gone when deleted', () => {
  const path = join(temporaryFolder(), 'bonds.json')
  const store = openBondStore(path, collectingLog([]))
  store.put(ADDRESS, other)
  store.put(ADDRESS, bond)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(join(path, '..'))).toEqual(['bonds.json'])
  const next = openBondStore(path, collectingLog([]))
  expect(next.get(ADDRESS)).toEqual(bond)
  expect(next.addresses()).toEqual([ADDRESS])
  next.delete(ADDRESS)
  expect(openBondStore(path, collectingLog([])).get(ADDRESS)).toBeUndefined()
})

test('a file that others can read is closed to them', () => {
  const path = join(temporaryFolder(), 'bonds.json')
  openBondStore(path, collectingLog([])).put(ADDRESS, bond)
  chmodSync(path, 0o644)
  openBondStore(path, collectingLog([]))
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('a left-over of an interrupted write changes nothing', () => {
  const path = join(temporaryFolder(), 'bonds.json')
  openBondStore(path, collectingLog([])).put(ADDRESS, bond)
  writeFileSync(`${path}.new`, '{"version":1,"bon', { mode: 0o644 })
  const store = openBondStore(path, collectingLog([]))
  expect(store.get(ADDRESS)).toEqual(bond)
  store.put(ADDRESS, other)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(openBondStore(path, collectingLog([])).get(ADDRESS)).toEqual(other)
})

test('a damaged file is set aside, not deleted, and no key of it is logged', () => {
  const path = join(temporaryFolder(), 'bonds.json')
  const damaged = `{"version":1,"bonds":{"${ADDRESS}":{"ltk":"${bond.ltk}","ediv":12}}}`
  for (const text of [damaged, damaged.slice(0, 60)]) {
    const lines: LogLine[] = []
    writeFileSync(path, text)
    const store = openBondStore(path, collectingLog(lines))
    expect(store.addresses()).toEqual([])
    expect(readFileSync(`${path}.damaged`, 'utf8')).toBe(text)
    expect(existsSync(path)).toBe(false)
    expect(lines).toEqual([expect.objectContaining({ level: 'error', message: 'bond file set aside' })])
    expect(JSON.stringify(lines)).not.toContain('0f0f')
  }
})

test('a bond that cannot be written is store-failed, and the old one stays', () => {
  const path = join(temporaryFolder(), 'bonds.json')
  const store = openBondStore(path, collectingLog([]))
  store.put(ADDRESS, bond)
  mkdirSync(`${path}.new`)
  expect(() => store.put(ADDRESS, other)).toThrow(expect.objectContaining({ code: 'store-failed' }))
  expect(store.get(ADDRESS)).toEqual(bond)
  expect(openBondStore(path, collectingLog([])).get(ADDRESS)).toEqual(bond)
})

test('keys of a wrong length are no bond', () => {
  expect(isBond(bond)).toBe(true)
  for (const wrong of [{ ltk: '0f' }, { ediv: '12' }, { rand: '' }, { ltk: `${bond.ltk}0f` }]) {
    expect(isBond({ ...bond, ...wrong })).toBe(false)
  }
})

test('a file that can not be read is no end: the others are heard, and its keys are kept when a new bond is made', () => {
  const path = join(temporaryFolder(), 'bonds.json')
  // EISDIR stands for EIO: what is there can't be read.
  mkdirSync(path)
  const lines: LogLine[] = []
  const store = openBondStore(path, collectingLog(lines))
  expect(store.addresses()).toEqual([])
  expect(lines).toEqual([expect.objectContaining({ message: 'bond file not read' })])
  store.put(ADDRESS, bond)
  expect(statSync(`${path}.damaged`).isDirectory()).toBe(true)
  expect(openBondStore(path, collectingLog([])).get(ADDRESS)).toEqual(bond)
})

optional('root', mayMount)('on a disk that takes no writes', () => {
  test('good bonds are used, damaged ones are told and left where they are, and a new one is store-failed', () => {
    const disk = breakableDisk(4)
    const [good, damaged] = [join(disk.dir, 'bonds.json'), join(disk.dir, 'damaged.json')]
    openBondStore(good, collectingLog([])).put(ADDRESS, bond)
    writeFileSync(damaged, '{"version":1,"bon')
    disk.breakNow()
    const lines: LogLine[] = []
    expect(openBondStore(good, collectingLog(lines)).get(ADDRESS)).toEqual(bond)
    expect(lines).toEqual([])
    const store = openBondStore(damaged, collectingLog(lines))
    expect(lines).toEqual([expect.objectContaining({ message: 'bond file not set aside' })])
    expect(() => store.put(ADDRESS, bond)).toThrow(expect.objectContaining({ code: 'store-failed' }))
    expect(existsSync(damaged)).toBe(true)
  })
})
