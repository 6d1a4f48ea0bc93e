/** Hard limits of what a job carries and a put may ask for, here and over HTTP. Sizes are bytes of UTF-8. docs/defaults.md lists them. */
export const limits = {
  /** A payload as JSON: 256 KiB. */
  payloadMaxBytes: 262_144,
  /** A result as JSON: 256 KiB. */
  resultMaxBytes: 262_144,
  /** How deep arrays and objects of a payload or result may nest. Lua's JSON reader stops at 1,000. */
  jsonMaxDepth: 500,
  /** A caller's job id. */
  jobIdMaxBytes: 200,
  /** The key of a deduplication. */
  dedupeKeyMaxBytes: 200,
  /** How far ahead a job's start, its `expiresAt` or the end of what is kept of its id may lie: ten years. */
  delayMaxMs: 10 * 365 * 86_400_000,
  /** The least urgent priority. BullMQ's limit: 21 bits of a score. */
  priorityMax: 2 ** 21 - 1,
  /** How often a job may be tried in all. */
  attemptsMax: 1_000,
  /** The longest wait: Node's timers fire at once when they are set for longer. */
  waitMaxMs: 2 ** 31 - 1,
  /** How long an id that a caller gave may be known after its job's end: a year. */
  idempotencyMaxMs: 365 * 86_400_000,
} as const;
