/** The situations in which lateness is measured. */
export const latenessCases = ['idle', 'earlier', 'busy', 'at-once', 'scheduled'] as const;
export type LatenessCase = (typeof latenessCases)[number];

export const latenessTitles: Readonly<Record<LatenessCase, string>> = {
  idle: 'delayed, idle pool',
  earlier: 'delayed, pool waits for a later one',
  busy: 'delayed, busy pool',
  'at-once': '50 due at once',
  scheduled: 'every 100 ms',
};

/** `timer`: a timer of Node in a process with nothing else, to see what the machine itself adds. */
export const latenessContenders = ['timer', 'bullmq', 'sluice'] as const;
export type LatenessContender = (typeof latenessContenders)[number];

export const SLOTS = 50;
/** Jobs due in the same millisecond: as many as there are slots, so that none waits for another. */
export const AT_ONCE = 50;
export const EVERY_MS = 100;

/** What has a contender's process measure one case. */
export interface LatenessRequest {
  readonly case: LatenessCase;
  /** Jobs whose lateness is measured, 1 to 10,000. */
  readonly samples: number;
}
