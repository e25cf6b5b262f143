/**
 * log2 of scrypt's N for passwords of tests: microseconds where a real one takes 80 ms of a core. What a real one costs
 * and withstands is tested in test/broker/accounts.test.ts and through the command line.
 */
export const CHEAP = 4
