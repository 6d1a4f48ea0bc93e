import { defineJob } from '@sluice/queue/contracts';
import { z } from 'zod';

/** Counts the primes up to a number, the slow way. It has a second, and then a quarter more. */
export const countPrimes = defineJob({
  name: 'primes.count',
  payload: z.object({ upTo: z.int().min(1), checksSignal: z.boolean() }),
  result: z.object({ primes: z.int() }),
  timeoutMs: 1_000,
  graceMs: 250,
  retry: { attempts: 1 },
});
