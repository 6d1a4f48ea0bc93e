import type { Redis } from 'ioredis';
import { expect, vi } from 'vitest';

/** Resolves when the lease as it is now would be over, and is still held: it was renewed. */
export async function outliveLease(client: Redis, lockKey: string): Promise<void> {
  const endsAtMs = performance.now() + (await client.pttl(lockKey));
  await vi.waitFor(async () => {
    expect(performance.now()).toBeGreaterThan(endsAtMs);
    expect(await client.exists(lockKey)).toBe(1);
  });
}
