/** What this server can do (hl7.org/fhir/R4/capabilitystatement.html). Read only: readings come from hubs alone. */

/** Of this statement, not of a request; changed by hand with its content. */
const STATED_ON = '2026-11-22'

const parameter = (name: string, type: string, documentation: string) => ({ name, type, documentation })

export function capabilityStatement(base: string) {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: STATED_ON,
    kind: 'instance',
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
    implementation: { description: 'PreCare Gateway: the readings of one organisation', url: base },
    rest: [
      {
        mode: 'server',
        documentation:
          'Answers with what the organisation of the caller was granted, in the order of its feed. An unknown search parameter is refused.',
        security: { description: 'HTTP Basic with the account of a client' },
        resource: [
          {
            type: 'Observation',
            interaction: [{ code: 'read' }, { code: 'search-type' }],
            searchParam: [
              parameter('patient', 'reference', 'The opaque id of a citizen'),
              parameter('date', 'date', 'eq, ge, gt, le, lt; a day is one of Europe/Copenhagen'),
              parameter('code', 'token', 'code or system|code, several by comma'),
              parameter('combo-code', 'token', 'The same, also in components'),
              parameter('_count', 'number', 'Entries of a page, 1 to 1000'),
              parameter('_cursor', 'number', 'Where to read on, as the link next says'),
            ],
          },
          { type: 'Device', interaction: [{ code: 'read' }, { code: 'search-type' }] },
        ],
      },
    ],
  }
}
