/** What a transport needs of a pino logger. Fields are ids, codes and counts, never bytes of a value. */
export interface TransportLog {
  info(fields: Readonly<Record<string, string | number>>, message: string): void
  warn(fields: Readonly<Record<string, string | number>>, message: string): void
  error(fields: Readonly<Record<string, string | number>>, message: string): void
}
