import type { InstallationWish } from './wish.ts'

/** What a changed kit ends: whose a device was until now it is no longer, and its past stays as it was. Pure. */

type KitDevice = InstallationWish['devices'][number]

export interface OpenAssignment {
  readonly device: string
  /** Negative: the whole device. */
  readonly slot: number
  readonly from: string
  readonly citizen: string
}

const WHOLE_DEVICE = -1

/** Whose a device is to be, by slot. */
export const ownersOf = (wish: InstallationWish, { slots }: KitDevice): readonly { slot: number; citizen: string }[] =>
  slots ?? [{ slot: WHOLE_DEVICE, citizen: wish.citizen }]

/** Everybody who measures in this home. */
export const citizensOf = (wish: InstallationWish): string[] => [
  ...new Set([wish.citizen, ...wish.devices.flatMap((device) => ownersOf(wish, device).map(({ citizen }) => citizen))]),
]

/**
 * Assignments that end when `next` takes the place of `before`: of a device that leaves the kit, of one in whose place
 * another is put under the same id (another driver), and of a slot that is nobody's any more. A slot that merely changes
 * hands does not end by itself.
 */
export function endedBy(
  before: InstallationWish | undefined,
  next: InstallationWish,
  open: (device: string) => readonly OpenAssignment[],
): OpenAssignment[] {
  return (before?.devices ?? []).flatMap((device) => {
    const stays = next.devices.find(({ id }) => id === device.id)
    if (stays === undefined || stays.driver !== device.driver) return open(device.id)
    const slots = new Set(ownersOf(next, stays).map(({ slot }) => slot))
    return open(device.id).filter(({ slot }) => !slots.has(slot))
  })
}

/** Index of a device in the kit that somebody else has, once `ended` is over. */
export function takenDevices(
  wish: InstallationWish,
  ended: readonly OpenAssignment[],
  open: (device: string) => readonly OpenAssignment[],
): number[] {
  const over = new Set(ended.map((one) => keyOf(one)))
  return wish.devices.flatMap((device, index) => {
    const owners = ownersOf(wish, device)
    const isOurs = (row: OpenAssignment) =>
      owners.some(({ slot, citizen }) => slot === row.slot && citizen === row.citizen)
    return open(device.id).some((row) => !over.has(keyOf(row)) && !isOurs(row)) ? [index] : []
  })
}

const keyOf = ({ device, slot, from }: OpenAssignment): string => `${device} ${slot} ${from}`
