import * as optionRule from './options/option-rules.ts';

/** How long anybody may choose to wait for Redis: long enough for one round trip, and never for ever. */
export const unavailableRule = optionRule.wholeNumber(50, 86_400_000);

/** Defaults and limits of the engine that are not part of a contract or a queue. docs/defaults.md lists them. */
export const producerDefaults = {
  /** How long a call waits for an answer from Redis, reconnecting included. */
  unavailableMs: 5_000,
  /** How long a put waits for capacity. */
  waitMs: 30_000,
  /** How long `result` and `outcome` wait for a job to end. */
  resultWaitMs: 60_000,
  /** How long Redis caches the reply to an admission call, and so how long the library may send it again. */
  resendWindowMs: 10_000,
  /** The most jobs that one admission call handles. */
  batchMaxJobs: 100,
  /** The most bytes of payload that one admission call carries, unless a single payload is larger. */
  batchMaxBytes: 2 ** 20,
  /** The most jobs of a call that adds all or none, and the most bytes, unless it has a single job. */
  callMaxJobs: 1_000,
  callMaxBytes: 8 * 2 ** 20,
  /** Admission calls of one producer that may be in flight at once. */
  callsInFlight: 2,
  /** The most tickets that may wait in a queue's waiter queue; each stands for up to 100 puts of one producer. */
  maxWaiters: 1_000,
  /** How long a ticket keeps its position without being asked for again, as when its producer hangs. */
  ticketLifeMs: 3_000,
  /** The shortest and the longest pause between two looks for capacity, for who is at the head of the waiter queue. */
  pollMinMs: 5,
  pollMaxMs: 40,
  /** The longest pause for who stands further back: a wake-up comes first, and without them the pause follows the waiter queue's pace. */
  pollBehindMs: 800,
  /** What a refusal advises when nothing has ended lately. */
  retryAfterIdleMs: 5_000,
  /** The shortest and the longest advice. */
  retryAfterMinMs: 50,
  retryAfterMaxMs: 60_000,
  /** The share of Redis's `maxmemory` above which puts are refused early. */
  memoryWatermark: 0.95,
  /** How often a producer that puts looks at Redis's memory. */
  memoryLookMs: 1_000,
  /** How long a put waits for such a look. */
  memoryLookWaitMs: 100,
  /** The most puts of `map` whose results are unread. */
  mapWindow: 1_000,
} as const;

/** How clients agree on one capacity of a queue. */
export const capacityDefaults = {
  /** How often a client says which definition of the queue it runs. */
  claimEveryMs: 10_000,
  /** A definition that no client has reported for this long is no longer in use. */
  claimGoneMs: 30_000,
  /** How long a client that closes waits until its last report is written. */
  claimLeaveMs: 500,
} as const;

/** How a process keeps Redis's time. */
export const clockDefaults = {
  /** How often it asks Redis. */
  measureEveryMs: 10_000,
  /** How far off a machine's own clock may be before that is logged, and its times are converted: a lease. */
  toleranceMs: 5_000,
} as const;
