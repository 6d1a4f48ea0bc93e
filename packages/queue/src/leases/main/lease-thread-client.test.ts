import { stressLifecycle } from '@sluice/testing/lifecycle';
import { describe, expect, it } from 'vitest';
import type { PoolSetup } from '../../store/lease-store/lease-thread-setup.ts';
import { LeaseThreadClient } from './lease-thread-client.ts';
import type { LeaseThread, ThreadMember } from './lease-thread.ts';

/** A thread that is ready a turn of the event loop after a pool has joined. */
class FakeThread implements Pick<LeaseThread, 'join' | 'leave' | 'send'> {
  readonly pools = new Set<number>();
  #joined = 0;

  join(member: ThreadMember): number {
    this.#joined += 1;
    this.pools.add(this.#joined);
    setImmediate(() => member.onMessage({ kind: 'ready', leftoversInMs: 0 }));
    return this.#joined;
  }

  async leave(pool: number): Promise<void> {
    this.pools.delete(pool);
  }

  send(): boolean {
    return true;
  }
}

describe('the start and stop of a connection to the lease thread', () => {
  it('may come in any order, and leaves no pool in the thread', async () => {
    const thread = new FakeThread();
    const options = { thread: () => thread as unknown as LeaseThread, setup: {} as PoolSetup, host: 'here' };
    const check = (): void => expect(thread.pools.size).toBe(0);
    await stressLifecycle(() => new LeaseThreadClient(options), { check });
  });
});
