import { defineJob, defineQueue, type QueueDefinition } from '@sluice/queue/contracts';
import { z } from 'zod';

/** A job whose payload says how long each attempt takes and how many attempts fail. */
export const step = defineJob({
  name: 'bound.step',
  payload: z.strictObject({
    /** How long each attempt takes. */
    workMs: z.int().min(0).max(10_000),
    /** How many attempts fail before one succeeds. */
    failures: z.int().min(0).max(3),
  }),
  result: z.strictObject({ attempt: z.int() }),
  timeoutMs: 20_000,
  retry: { attempts: 3, backoff: { type: 'fixed', delayMs: 40, jitter: 0.5 } },
});

export function boundQueue(capacity: number): QueueDefinition<readonly [typeof step]> {
  return defineQueue({ name: 'bound', jobs: [step], capacity });
}

/** With Redis Cluster's hash tag, as Sluice stores it. */
export const storedQueueName = '{bound}';

/** What the n-th job of a producer does: most are short and succeed, some take long, some fail once, some for good. */
export function payloadOf(n: number): { workMs: number; failures: number } {
  return { workMs: n % 8 === 3 ? 200 : 2, failures: n % 8 === 4 ? 3 : n % 4 === 2 ? 1 : 0 };
}
