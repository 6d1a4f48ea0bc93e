import type { Redis } from 'ioredis';

/** The longest time to live of Sluice's own keys once they are no longer used, by the start of their names. */
const LIVES_MS = {
  'sluice:waiters': 30_000,
  'sluice:tickets': 30_000,
  'sluice:wake:': 5_000,
  'sluice:reply:': 20_000,
  'sluice:sweep': 60_000,
  'sluice:stalled-candidates': 60_000,
  'sluice:crash-suspects': 3_600_000,
  'sluice:pool:': 5_000,
  'sluice:pools': 5_000,
  'sluice:pool-description:': 5_000,
  'sluice:history:': 74 * 3_600_000,
  'sluice:last-heartbeats': 86_400_000,
  'sluice:clients': 60_000,
  'sluice:ids:': 14 * 86_400_000,
};

/** Whether a key may outlive the puts. Keys of pools and clients stay as long as there are any; ids are remembered for days. */
export function outlivesPuts(key: string): boolean {
  return /^sluice:(sweep$|stalled-candidates$|crash-suspects$|clients$|pools$|last-heartbeats$|pool:|pool-description:|history:|ids:)/.test(
    key,
  );
}

/** The keys that Sluice added to the queue, and how long each still lives in milliseconds; -1: it does not expire. */
export async function leftKeys(client: Redis, queueName: string): Promise<Map<string, number>> {
  const base = `bull:{${queueName}}:`;
  const keys = await client.keys(`${base}sluice:*`);
  const left = new Map<string, number>();
  for (const key of keys) left.set(key.slice(base.length), await client.pttl(key));
  for (const [key, ms] of left) if (ms === -2) left.delete(key); // it expired between the two reads
  return left;
}

/** The keys that will not expire in time. */
export function expiringTooLate(left: ReadonlyMap<string, number>): string[] {
  return [...left].filter(([key, ms]) => ms < 0 || ms > lifeOf(key)).map(([key, ms]) => `${key} lives ${ms} ms`);
}

function lifeOf(key: string): number {
  return Object.entries(LIVES_MS).find(([start]) => key.startsWith(start))?.[1] ?? 0;
}
