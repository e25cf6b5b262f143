export interface Turn {
  readonly granted: Promise<void>
  /** Ends the turn, or gives up the place in the line. */
  release(): void
}

/** One at a time, first come first served; whoever gives up leaves no hole in the line. */
export class Turns {
  readonly #line: { grant(): void }[] = []

  take(): Turn {
    const { promise, resolve } = Promise.withResolvers<void>()
    const place = { grant: resolve }
    this.#line.push(place)
    if (this.#line.length === 1) place.grant()
    return {
      granted: promise,
      release: () => {
        const at = this.#line.indexOf(place)
        if (at === -1) return
        this.#line.splice(at, 1)
        if (at === 0) this.#line[0]?.grant()
      },
    }
  }
}
