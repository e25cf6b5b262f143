/**
 * The elements of FHIR R4 (hl7.org/fhir/R4) that this house writes, no more. A decimal is a {@link Decimal}, so that
 * `48.0` keeps its zero in the JSON text: the number of digits is part of a FHIR decimal's meaning (R4, datatypes 2.24.0.1).
 */

/** Made by `decimalOf`; `JSON.stringify` writes it digit by digit. */
export interface Decimal {
  readonly rawJSON: string
}

export interface Coding {
  readonly system: string
  readonly code: string
  readonly display?: string
}

export interface CodeableConcept {
  readonly coding?: readonly Coding[]
  readonly text?: string
}

export interface Identifier {
  readonly system?: string
  readonly value: string
}

export interface Reference {
  readonly reference?: string
  readonly type?: string
  readonly identifier?: Identifier
}

export interface Quantity {
  readonly value: Decimal
  readonly unit: string
  readonly system: string
  readonly code: string
}

/** Either a quantity, or the reason why there is none (R4, obs-6). */
export interface Measured {
  readonly valueQuantity?: Quantity
  readonly dataAbsentReason?: CodeableConcept
  readonly interpretation?: readonly CodeableConcept[]
}

export interface Component extends Measured {
  readonly code: CodeableConcept
}

export interface Meta {
  readonly profile?: readonly string[]
  readonly security?: readonly Coding[]
  readonly tag?: readonly Coding[]
}

export interface Observation extends Measured {
  readonly resourceType: 'Observation'
  readonly id: string
  readonly meta?: Meta
  readonly contained?: readonly CoincidentTime[]
  readonly extension?: readonly { readonly url: string; readonly valueReference: Reference }[]
  readonly identifier: readonly Identifier[]
  readonly status: 'final' | 'preliminary'
  readonly category?: readonly CodeableConcept[]
  readonly code: CodeableConcept
  readonly subject: Reference
  readonly effectiveDateTime: string
  readonly issued: string
  readonly performer?: readonly Reference[]
  readonly note?: readonly { readonly text: string }[]
  readonly bodySite?: CodeableConcept
  readonly method: CodeableConcept
  readonly device?: Reference
  readonly derivedFrom?: readonly Reference[]
  readonly component?: readonly Component[]
}

/** What the device's clock showed and what the hub's did, at one moment (HL7/PHD, CoincidentTimeStamp). */
export interface CoincidentTime {
  readonly resourceType: 'Observation'
  readonly id: string
  readonly status: 'final'
  readonly code: CodeableConcept
  readonly effectiveDateTime: string
  readonly valueDateTime?: string
  readonly dataAbsentReason?: CodeableConcept
}

export interface Device {
  readonly resourceType: 'Device'
  readonly id: string
  readonly identifier: readonly Identifier[]
  readonly status: 'active'
  readonly deviceName?: readonly { readonly name: string; readonly type: 'model-name' }[]
  readonly modelNumber?: string
  readonly type?: CodeableConcept
  readonly version?: readonly { readonly type: CodeableConcept; readonly value: string }[]
  readonly property?: readonly { readonly type: CodeableConcept; readonly valueQuantity: readonly Quantity[] }[]
  readonly parent?: Reference
}

export interface OperationOutcome {
  readonly resourceType: 'OperationOutcome'
  readonly issue: readonly {
    readonly severity: 'error' | 'fatal'
    readonly code: string
    readonly diagnostics: string
  }[]
}

export interface Bundle<R> {
  readonly resourceType: 'Bundle'
  readonly type: 'searchset'
  readonly link: readonly { readonly relation: 'self' | 'next'; readonly url: string }[]
  readonly entry?: readonly {
    readonly fullUrl: string
    readonly resource: R
    readonly search: { readonly mode: 'match' }
  }[]
}
