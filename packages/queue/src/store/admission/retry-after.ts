import { producerDefaults } from '../../job/defaults.ts';

/** How far back admit-jobs.lua counts what has ended. */
const RATE_WINDOW_MS = 10_000;
/** At most this share on top, so that those who were refused together do not come back together. */
const JITTER = 0.25;

export interface DrainSigns {
  /** Jobs that ended in the last ten seconds, whichever client settled them. */
  ended: number;
  /** Tickets that will have free capacity first. */
  ahead: number;
}

/**
 * When to try again, in milliseconds: when enough jobs will have ended for the puts before and one more, at the
 * pace of the last ten seconds. When nothing ended, nothing is known: then it is a cautious guess.
 */
export function retryAfter({ ended, ahead }: DrainSigns, random: () => number = Math.random): number {
  const { retryAfterIdleMs, retryAfterMinMs, retryAfterMaxMs } = producerDefaults;
  const expectedMs = ended === 0 ? retryAfterIdleMs : ((ahead + 1) * RATE_WINDOW_MS) / ended;
  const spreadMs = expectedMs * (1 + JITTER * random());
  return Math.round(Math.min(Math.max(spreadMs, retryAfterMinMs), retryAfterMaxMs));
}
