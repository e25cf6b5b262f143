/**
 * Of the contract, not of the software: the first number is the `v1` of the topics and paths, the second grows with every
 * addition, the third with a correction of the documents alone.
 */
export const CONTRACT_VERSION = '1.3.0'

/** The rules by which the contract changes; part of both documents. */
export const CHANGE_RULES = [
  'Within v1 only additions are made: new topics, paths, optional fields, query parameters, kinds, statuses and units.',
  'A subscriber ignores fields, kinds and statuses it does not know. The schemas served describe what this very broker sends; who validates with them fetches them from the broker it talks to.',
  'A change that breaks a subscriber is a new v2 beside v1, on topics and paths of its own. Both are served for at least twelve months.',
  'What is going to end is marked `deprecated` in these documents at least six months before, with what to use instead; HTTP answers then carry the headers Deprecation (RFC 9745) and Sunset (RFC 8594).',
  'Nothing is deprecated at present.',
] as const
