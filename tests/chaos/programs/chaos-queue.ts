import { defineJob, defineQueue, type PayloadInput, type PutOptions } from '@sluice/queue';
import { z } from 'zod';
import { seededRandom } from '../plan/seeded-random.ts';

/** What a handler does: its ways to succeed, to fail, and to misbehave. */
const acts = {
  quick: 220,
  /** Takes a while, and heeds its signal. */
  slow: 20,
  /** Takes seconds, under a deadline of its own. */
  long: 16,
  failOnce: 16,
  fail: 8,
  failForGood: 8,
  retryLater: 12,
  /** Waits for its signal. */
  hang: 8,
  /** Goes on past deadline and grace. */
  ignoreSignal: 8,
  /** Blocks its whole process. */
  blockLoop: 5,
} as const;
export type Act = keyof typeof acts;

export const step = defineJob({
  name: 'chaos.step',
  payload: z.strictObject({
    /** The put's name in the history; the id too, where the caller gives one. */
    tag: z.string(),
    act: z.enum(Object.keys(acts) as [Act, ...Act[]]),
    workMs: z.int().min(0).max(10_000),
  }),
  /** Which run it was that returned: so that Redis's log says who settled. */
  result: z.strictObject({ run: z.string() }),
  timeoutMs: 2_000,
  graceMs: 500,
  timeoutMaxMs: 10_000,
  retry: { attempts: 3, backoff: { type: 'fixed', delayMs: 150, jitter: 0.5 } },
});

export const capacity = 40;

/** Results go soon: a put that were sent twice, and run in between, would be added twice. */
export const chaosQueue = defineQueue({
  name: 'chaos',
  jobs: [step],
  capacity,
  keep: { completed: { count: 5 }, dead: { count: 5 } },
});

export const watchedQueue = { storedName: `{${chaosQueue.name}}` };

const longTimeoutMs = 8_000;

/** What the job of this name does. The same name gives the same job, whoever puts it. */
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
    case 'blockLoop': // now and then for longer than a lease and the sweep
      return random.chance(0.1) ? random.between(7_000, 8_500) : random.between(50, 1_200);
    default:
      return random.between(0, 25);
  }
}

/** What the put of this name asks for beside. */
export function optionsOf(tag: string): Pick<PutOptions, 'timeoutMs' | 'delayMs' | 'priority'> {
  const random = seededRandom(`options of ${tag}`);
  const wish = random.pick({ none: 75, delay: 12, priority: 13 });
  return {
    ...(payloadOf(tag).act === 'long' ? { timeoutMs: longTimeoutMs } : {}),
    ...(wish === 'delay' ? { delayMs: random.between(20, 2_500) } : {}),
    ...(wish === 'priority' ? { priority: random.between(1, 5) } : {}),
  };
}
