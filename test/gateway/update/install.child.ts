import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { openUpdate } from '../../../gateway/update/archive.ts'
import { install } from '../../../gateway/update/install.ts'
import { readState } from '../../../gateway/update/releases.ts'

/** Installs the update of the second argument below the first; the third is the key. Ends wherever it is killed. */

const [, , root = '', file = '', key = ''] = process.argv
await install(root, await openUpdate(file, createPublicKey(readFileSync(key))), readState(root), 'tag')
