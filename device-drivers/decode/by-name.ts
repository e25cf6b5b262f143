import type { Decoded, Field } from '../driver.ts'

type FieldValue = Field['value']

/** What the decode command prints for one packet. */
export interface DecodedByName {
  readonly measurements: Decoded['measurements']
  /** By the specification's name; a field that occurs more than once (RR-Interval) has a list of its values. */
  readonly fields: Readonly<Record<string, FieldValue | readonly FieldValue[]>>
  /** Why a field is null, and what else is worth saying of it, by the same name. */
  readonly notes: Readonly<Record<string, string>>
  /** Where each field stands in the packet, in order. */
  readonly layout: readonly Field[]
  readonly surplusBytes?: number
}

/** Groups the fields of a packet under their names; nothing is left out. */
export function byName({ measurements, fields, surplusBytes }: Decoded): DecodedByName {
  // Without a prototype: a name comes from a specification, but a map must not have names of its own.
  const values: Record<string, FieldValue | FieldValue[]> = Object.create(null)
  const notes: Record<string, string> = Object.create(null)
  for (const { name, value, note } of fields) {
    const known = values[name]
    values[name] = known === undefined ? value : Array.isArray(known) ? [...known, value] : [known, value]
    if (note !== undefined) notes[name] = name in notes ? `${notes[name]}; ${note}` : note
  }
  return {
    measurements,
    fields: values,
    notes,
    layout: fields,
    ...(surplusBytes === undefined ? {} : { surplusBytes }),
  }
}
