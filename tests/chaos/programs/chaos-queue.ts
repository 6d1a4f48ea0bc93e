import { defineJob, defineQueue, type PayloadInput, type PutOptions } from '@sluice/queue';
import { z } from 'zod';
import { seededRandom } from '../plan/seeded-random.ts';

/** What a handler does, by weight: ways to succeed, to fail, and to misbehave. */
const acts = {
  quick: 220,
  /** Takes a while, and stops when its signal aborts. */
  slow: 20,
  /** Takes seconds, with a longer timeout. */
  long: 16,
  failOnce: 16,
  fail: 8,
  failForGood: 8,
  retryLater: 12,
  /** Waits for its signal. */
  hang: 8,
  /** Continues past deadline and grace. */
  ignoreSignal: 8,
  /** Blocks its whole process. */
  blockLoop: 5,
} as const;
export type Act = keyof typeof acts;

export const step = defineJob({
  name: 'chaos.step',
  payload: z.strictObject({
    /** The put's name in the history, and the job's id where the caller gives one. */
    tag: z.string(),
    act: z.enum(Object.keys(acts) as [Act, ...Act[]]),
    workMs: z.int().min(0).max(10_000),
    /** The edit that left this payload; none as it was put. */
    edit: z.string().optional(),
  }),
  /** The run that returned, so that Redis's log shows which run settled. */
  result: z.strictObject({ run: z.string() }),
  timeoutMs: 2_000,
  graceMs: 500,
  timeoutMaxMs: 10_000,
  retry: { attempts: 3, backoff: { type: 'fixed', delayMs: 150, jitter: 0.5 } },
});

/** What the jobs of a schedule are called in the history. */
export function scheduledTag(name: string): string {
  return `schedule ${name}`;
}

export const capacity = 40;

/** Few results are kept, so that a put that is sent twice, and run in between, would be added twice. */
export const chaosQueue = defineQueue({
  name: 'chaos',
  jobs: [step],
  capacity,
  keep: { completed: { count: 5 }, dead: { count: 5 } },
});

export const watchedQueue = { storedName: `{${chaosQueue.name}}` };

const longTimeoutMs = 8_000;

/** The payload of a tag. The same tag always gives the same payload. */
export function payloadOf(tag: string): PayloadInput<typeof step> {
  const random = seededRandom(tag);
  const act = random.pick(acts);
  return { tag, act, workMs: workMsOf(act, random) };
}

function workMsOf(act: Act, random: ReturnType<typeof seededRandom>): number {
  switch (act) {
    case 'slow':
      return random.between(200, 1_400);
    case 'long':
      return random.between(2_000, 6_500);
    case 'ignoreSignal':
      return random.between(5_000, 7_000);
    case 'blockLoop': // sometimes for longer than a lease and the sweep
      return random.chance(0.1) ? random.between(7_000, 8_500) : random.between(50, 1_200);
    default:
      return random.between(0, 25);
  }
}

/** The other options of a tag's put. */
export function optionsOf(tag: string): Pick<PutOptions, 'timeoutMs' | 'delayMs' | 'priority'> {
  const random = seededRandom(`options of ${tag}`);
  const extra = random.pick({ none: 75, delay: 12, priority: 13 });
  return {
    ...(payloadOf(tag).act === 'long' ? { timeoutMs: longTimeoutMs } : {}),
    ...(extra === 'delay' ? { delayMs: random.between(20, 2_500) } : {}),
    ...(extra === 'priority' ? { priority: random.between(1, 5) } : {}),
  };
}
