/** What the broker answered, and the entity tag under which it may be changed. */
export interface Versioned<T> {
  readonly data: T
  readonly etag: string | undefined
}
