import { z } from 'zod'
import type { Desk } from './desk.ts'

/** A hub that belongs to nobody yet: what its page shows, and the one thing that can be done there. */

export interface BlankView {
  readonly blank: true
  /** As the clinic makes the code for it. */
  readonly serial: string
  readonly software: string
  /** Id of the hub, once it is enrolled: it starts now. */
  readonly enrolled?: string
}

const invitationSchema = z.strictObject({
  /** Content of the QR code, or the twelve characters below it. */
  code: z.string().min(1, 'write the code').max(400, 'use at most 400 characters'),
  broker: z.string().max(200).optional(),
  fingerprint: z.string().max(100).optional(),
})
type Given = z.output<typeof invitationSchema>

export interface BlankHub {
  readonly serial: string
  readonly software: string
  /** Makes it somebody: certificate and configuration. Resolves with the id of the hub. */
  readonly enrol: (given: Given) => Promise<string>
  readonly onEnrolled: (hub: string) => void
}

export function blankDesk({ serial, software, enrol, onEnrolled }: BlankHub): Desk {
  let enrolled: string | undefined
  let underWay: Promise<string> | undefined
  const view = async (): Promise<BlankView> => ({
    blank: true,
    serial,
    software,
    ...(enrolled === undefined ? {} : { enrolled }),
  })
  return {
    view,
    sheet: async () => undefined,
    routes: [
      {
        path: '/api/enrol',
        body: invitationSchema,
        async take(_id, body) {
          if (enrolled !== undefined) return
          // A second press of the button is the same try.
          underWay ??= enrol(invitationSchema.parse(body))
          try {
            enrolled = await underWay
            onEnrolled(enrolled)
          } finally {
            underWay = undefined
          }
        },
      },
    ],
  }
}
