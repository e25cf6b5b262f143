import type { DatabaseSync } from 'node:sqlite'
import type { Ballast } from './ballast.ts'

/** 1 GiB of 4 KiB pages: years of spot checks, months of continuous oximetry; past it the hub refuses, loudly. */
export const MAX_PAGES = 262_144
const PAGE_BYTES = 4_096
/** Beyond the limit, for marking and deleting only: 2 MiB, as much as the ballast gives on a full disk. */
const DRAIN_PAGES = 512
/** With so much in free pages of the file itself, new readings don't touch the room that the ballast gave up. */
const ENOUGH_FREE_PAGES = 128

/** What the outbox holds in its file, and may hold. */
export interface RoomUse {
  readonly usedBytes: number
  readonly limitBytes: number
}

/**
 * The room of the outbox's file. When it runs out, new readings are refused and nothing is overwritten; what remains in
 * reserve serves only to mark and delete what the broker has stored, or else a full hub could never empty itself.
 */
export class OutboxRoom {
  readonly #db: DatabaseSync
  readonly #ballast: Ballast | undefined
  readonly #maxPages: number
  #refused = false

  constructor(db: DatabaseSync, ballast: Ballast | undefined, maxPages: number) {
    this.#db = db
    this.#ballast = ballast
    this.#maxPages = maxPages
    this.#limit(maxPages)
  }

  /** A reading was refused for want of room, and none has been stored since. */
  get full(): boolean {
    return this.#refused || !this.mayTake()
  }

  /** False while the reserve is in use: what is left then is for draining. */
  mayTake(): boolean {
    return this.#ballast === undefined || this.#ballast.held || this.#pragma('freelist_count') >= ENOUGH_FREE_PAGES
  }

  noteRefused(): void {
    this.#refused = true
  }

  noteTaken(): void {
    this.#refused = false
  }

  /** Runs `work` with the reserve at its disposal. @param work `first`: the ballast was there, and is room since now */
  withReserve<T>(work: (first: boolean) => T): T {
    const first = this.#ballast?.release() === true
    this.#limit(this.#maxPages + DRAIN_PAGES)
    try {
      return work(first)
    } finally {
      this.#limit(this.#maxPages)
    }
  }

  /**
   * Runs `work` in the room of the ballast and puts the ballast back at once: for work that leaves more room than it
   * found, as moving the log into the database does.
   *
   * @returns undefined, and nothing was run, when there is no ballast to give way
   */
  borrow<T>(work: () => T): T | undefined {
    if (this.#ballast?.release() !== true) return undefined
    try {
      return work()
    } finally {
      this.#ballast.regain(0)
    }
  }

  /** Takes the reserve back once there is room for it. Call now and then. @param freeBytes of the disk, if known */
  recover(freeBytes: number | undefined): void {
    this.#ballast?.regain()
    const inFile = this.#pragma('freelist_count') + Math.max(0, this.#maxPages - this.#pragma('page_count'))
    const room = Math.min(inFile * PAGE_BYTES, freeBytes ?? Number.POSITIVE_INFINITY)
    const free = Math.max(room, this.#pragma('freelist_count') * PAGE_BYTES)
    if (free >= ENOUGH_FREE_PAGES * PAGE_BYTES) this.#refused = false
  }

  use(): RoomUse {
    const pages = this.#pragma('page_count') - this.#pragma('freelist_count')
    return { usedBytes: pages * PAGE_BYTES, limitBytes: this.#maxPages * PAGE_BYTES }
  }

  #limit(pages: number): void {
    this.#db.exec(`PRAGMA max_page_count = ${pages}`)
  }

  #pragma(name: 'freelist_count' | 'page_count'): number {
    return Number(this.#db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0)
  }
}
