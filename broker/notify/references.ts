import { z } from 'zod'
import type { Problem } from '../registry-document.ts'
import type { NotifyDocument } from './document.ts'

/** What a document says in two places must agree: every name exists once, everybody can be reached where they are called. */

const mailAddress = z.email()

/** @returns one problem for each name that leads nowhere; none when all do */
export function referenceProblems(document: NotifyDocument): Problem[] {
  return [
    ...twice('channels', document.channels),
    ...twice('people', document.people),
    ...twice('rotas', document.rotas),
    ...twice('policies', document.policies),
    ...addressProblems(document),
    ...rotaProblems(document),
    ...policyProblems(document),
    ...document.lastResort.flatMap(({ person, channels }, i) =>
      personProblems(document, `lastResort[${i}]`, person, channels),
    ),
  ]
}

function twice(section: string, entries: readonly { readonly id: string }[]): Problem[] {
  const seen = new Set<string>()
  return entries.flatMap(({ id }, i) => {
    if (seen.has(id)) return [{ path: `${section}[${i}].id`, remedy: `${id} is there already; choose another id` }]
    seen.add(id)
    return []
  })
}

function addressProblems({ people, channels }: NotifyDocument): Problem[] {
  return people.flatMap(({ addresses }, i) =>
    Object.entries(addresses).flatMap(([id, address]) => {
      const path = `people[${i}].addresses.${id}`
      const channel = channels.find((c) => c.id === id)
      if (channel === undefined) return [{ path, remedy: 'there is no such channel; add it or remove the address' }]
      if (channel.type !== 'email' || mailAddress.safeParse(address).success) return []
      return [{ path, remedy: 'use an e-mail address, as anna@example.org' }]
    }),
  )
}

function rotaProblems({ rotas, people }: NotifyDocument): Problem[] {
  const known = new Set(people.map(({ id }) => id))
  return rotas.flatMap(({ shifts, overrides }, r) => [
    ...shifts.flatMap((shift, s) =>
      shift.people.flatMap((person, p) =>
        known.has(person) ? [] : [unknownPerson(`rotas[${r}].shifts[${s}].people[${p}]`, person)],
      ),
    ),
    ...overrides.flatMap(({ person }, o) =>
      known.has(person) ? [] : [unknownPerson(`rotas[${r}].overrides[${o}].person`, person)],
    ),
  ])
}

function policyProblems(document: NotifyDocument): Problem[] {
  return document.policies.flatMap(({ steps }, p) =>
    steps.flatMap(({ to, channels }, s) => {
      const path = `policies[${p}].steps[${s}]`
      if ('person' in to) return personProblems(document, path, to.person, channels)
      const rota = document.rotas.find(({ id }) => id === to.rota)
      if (rota === undefined) return [{ path: `${path}.to.rota`, remedy: `there is no rota ${to.rota}; add it` }]
      const onIt = new Set([...rota.shifts.flatMap(({ people }) => people), ...rota.overrides.map((o) => o.person)])
      return [...onIt].flatMap((person) => personProblems(document, path, person, channels))
    }),
  )
}

/** Whoever is called over a channel must have an address there. */
function personProblems(
  { people, channels: known }: NotifyDocument,
  path: string,
  id: string,
  channels: readonly string[],
): Problem[] {
  const person = people.find((p) => p.id === id)
  if (person === undefined) return [unknownPerson(path, id)]
  return channels.flatMap((channel) => {
    if (!known.some((c) => c.id === channel)) {
      return [{ path: `${path}.channels`, remedy: `there is no channel ${channel}; add it` }]
    }
    if (person.addresses[channel] !== undefined) return []
    return [{ path: `${path}.channels`, remedy: `${id} has no address for ${channel}; give one under people` }]
  })
}

const unknownPerson = (path: string, id: string): Problem => ({ path, remedy: `there is no person ${id}; add them` })
