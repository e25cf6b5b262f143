import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { applyDocument, newestDocument } from '../../../broker/notify/documents.ts'
import { parseNotifyDocument } from '../../../broker/notify/parse-document.ts'
import { openJournal } from '../../../broker/store/journal.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { documentFor, START } from './fixture.ts'

const good = () => documentFor('https://sms.example.org/messages')

describe('a notify document is refused with the field and the remedy', () => {
  const [red, yellow] = good().policies
  const step = red?.steps[0]
  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      'a secret written into it',
      { channels: [{ ...good().channels[0], secret: 'hunter2' }] },
      /channels\[0\]\.secret: name where/,
    ],
    [
      'plain http',
      { channels: [{ ...good().channels[0], url: 'http://sms.example.org' }] },
      /channels\[0\]\.url: use https/,
    ],
    [
      'a person who is not there',
      { lastResort: [{ person: 'nobody', channels: ['sms-gate'] }] },
      /lastResort\[0\]: there is no person nobody/,
    ],
    ['nobody as last resort', { lastResort: [] }, /lastResort/],
    ['a rota that is not there', { rotas: [] }, /policies\[0\]\.steps\[0\]\.to\.rota: there is no rota on-call/],
    [
      'a person without an address on the channel they are called over',
      { people: [...good().people.slice(1), { id: 'nurse-1', addresses: {} }] },
      /nurse-1 has no address for sms-gate/,
    ],
    [
      'two of the same name',
      { people: [...good().people, good().people[0]] },
      /people\[4\]\.id: nurse-1 is there already/,
    ],
    [
      'steps out of order',
      { policies: [{ ...red, steps: [{ ...step, afterMin: 5 }, step] }] },
      /steps\[1\]\.afterMin: must not be before/,
    ],
    [
      'a red alert that waits for the morning',
      { policies: [{ ...red, hours: [{ from: '08:00', to: '15:00' }] }] },
      /hours: a red alert waits for no hours/,
    ],
    [
      'a yellow one that waits too long for others',
      { policies: [{ ...yellow, groupS: 600 }] },
      /policies\[0\]\.groupS/,
    ],
    [
      'turns without a first day',
      { rotas: [{ id: 'on-call', shifts: [{ from: '00:00', to: '00:00', people: ['nurse-1', 'nurse-2'] }] }] },
      /turnsFrom: say on which day/,
    ],
    ['a misspelt field', { policy: [] }, /policy/],
  ])('%s', (_name, change, remedy) => {
    expect(() => parseNotifyDocument({ ...good(), ...change })).toThrow(remedy)
  })
})

describe('applying a document', () => {
  function open() {
    const journal = openJournal(join(tempDir(), 'journal.db'))
    onTestFinished(() => journal.close())
    return journal
  }

  test('makes a new version that says what has changed; the same again makes none', () => {
    const journal = open()
    const document = parseNotifyDocument(good())
    expect(applyDocument(journal, document, START, { dryRun: false })).toMatchObject({
      version: 1,
      added: expect.arrayContaining(['channels/sms-gate', 'people/leader', 'rotas/on-call', 'policies/red-policy']),
    })
    const same = { version: 1, added: [], changed: [], removed: [] }
    expect(applyDocument(journal, document, START, { dryRun: false })).toEqual(same)
    const [red, yellow] = good().policies
    const changed = parseNotifyDocument({ ...good(), lookAheadH: 48, policies: [{ ...red, allClear: [] }] })
    expect(yellow).toBeDefined()
    expect(applyDocument(journal, changed, START, { dryRun: false })).toEqual({
      version: 2,
      added: [],
      changed: ['policies/red-policy', 'lookAheadH'],
      removed: ['policies/yellow-policy'],
    })
  })

  test('changes nothing in a dry run', () => {
    const journal = open()
    expect(applyDocument(journal, parseNotifyDocument(good()), START, { dryRun: true })).toMatchObject({ version: 1 })
    expect(newestDocument(journal)).toEqual({ version: 0, document: undefined })
  })

  test('keeps no secret in the journal', () => {
    const journal = open()
    applyDocument(journal, parseNotifyDocument(good()), START, { dryRun: false })
    const text = String(journal.database.prepare('SELECT document FROM notify_documents').get()?.['document'])
    expect(text).toContain('PRECARE_TEST_SECRET')
    expect(text).not.toContain('a secret of at least')
  })
})
