import type { KeepJobs } from './stored-options.ts';

/**
 * How many ended jobs stay when one ends: what the job itself says (`removeOnComplete`, `removeOnFail`), as with BullMQ's Worker,
 * else what its queue says. BullMQ counts ages in seconds.
 *
 * @param own as stored; what is none of BullMQ's forms counts as not there
 */
export function keptJobs(own: unknown, queue: { readonly count: number; readonly ageMs: number }): KeepJobs {
  if (typeof own === 'boolean') return { count: own ? 0 : -1 };
  if (isAmount(own)) return { count: own };
  if (typeof own === 'object' && own !== null) {
    const { age, count, limit } = own as Readonly<Record<string, unknown>>;
    const parts = {
      ...(isAmount(age) && { age }),
      ...(isAmount(count) && { count }),
      ...(isAmount(limit) && { limit }),
    };
    if ('age' in parts || 'count' in parts) return parts as KeepJobs;
  }
  return { count: queue.count, age: Math.ceil(queue.ageMs / 1_000) };
}

function isAmount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= -1;
}
