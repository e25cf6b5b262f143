/** Times in the journal are ISO 8601 UTC text with milliseconds: they sort as text and read well in any tool. */

/** @param ms wall time, ms since 1970 UTC */
export const isoTime = (ms: number): string => new Date(ms).toISOString()

/** Any ISO 8601 time with a zone, as UTC with three decimals. */
export const utcTime = (text: string): string => isoTime(Date.parse(text))
