import type { RedisQueueBackend } from 'bullmq';
import type { Renewal } from '../lease-store.ts';

/**
 * Renews leases: all that get a whole one by a single script, those near their end one by one.
 *
 * @returns the tokens whose lease is lost
 */
export async function renewLeases(
  backend: RedisQueueBackend,
  renewals: readonly Renewal[],
  wholeMs: number,
): Promise<string[]> {
  const whole = renewals.filter(({ leaseMs }) => leaseMs >= wholeMs);
  const partial = renewals.filter(({ leaseMs }) => leaseMs < wholeMs);
  const [lost, held] = await Promise.all([
    renewWhole(backend, whole, wholeMs),
    Promise.all(partial.map(({ id, token, leaseMs }) => backend.extendLock(id, token, leaseMs))),
  ]);
  return [...lost, ...partial.filter((_, index) => held[index] !== 1).map(({ token }) => token)];
}

async function renewWhole(backend: RedisQueueBackend, whole: readonly Renewal[], leaseMs: number): Promise<string[]> {
  if (whole.length === 0) return [];
  const ids = whole.map(({ id }) => id);
  const tokens = whole.map(({ token }) => token);
  const lostIds = new Set(await backend.extendLocks(ids, tokens, leaseMs));
  return whole.filter(({ id }) => lostIds.has(id)).map(({ token }) => token);
}
