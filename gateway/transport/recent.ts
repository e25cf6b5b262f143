/** The ids heard most recently. When more than `kept` are known, the older half that nobody uses is given up. */
export class Recent {
  readonly #kept: number
  readonly #inUse: (id: string) => boolean
  /** In the order of their last sign of life. */
  readonly #ids = new Set<string>()

  constructor(kept: number, inUse: (id: string) => boolean) {
    this.#kept = kept
    this.#inUse = inUse
  }

  /** @returns the ids given up */
  touch(id: string): readonly string[] {
    this.#ids.delete(id)
    this.#ids.add(id)
    if (this.#ids.size <= this.#kept) return []
    const older = [...this.#ids].slice(0, Math.ceil(this.#kept / 2))
    const given = older.filter((old) => !this.#inUse(old))
    for (const old of given) this.#ids.delete(old)
    return given
  }

  clear(): void {
    this.#ids.clear()
  }
}
