import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from './clock.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { aDelivery, FakeLeaseStore } from './testing/fake-lease-store.ts';

const timings = { leaseMs: 5_000, renewMs: 1_500, sweepMs: 2_000 };

let store: FakeLeaseStore;
let trouble: unknown[];
let keeper: LeaseKeeper;
beforeEach(() => {
  vi.useFakeTimers();
  store = new FakeLeaseStore();
  trouble = [];
  keeper = new LeaseKeeper({
    store,
    clock: systemClock,
    timings,
    onTrouble: (error) => trouble.push(error),
    onFine: () => undefined,
  });
  keeper.start();
});
afterEach(() => {
  keeper.stop();
  vi.useRealTimers();
});

function delivery(token = 't1'): ReturnType<typeof aDelivery> {
  return aDelivery({ token, takenAtMs: systemClock.monotonicMs() });
}

describe('a lease', () => {
  it('is renewed each 1.5 s for 5 s', async () => {
    const lease = keeper.hold(delivery());
    const until = lease.heldUntilMs;
    await vi.advanceTimersByTimeAsync(3_000);
    expect(store.renewals).toEqual([
      { id: 'a', token: 't1', leaseMs: 5_000 },
      { id: 'a', token: 't1', leaseMs: 5_000 },
    ]);
    expect(lease.heldUntilMs - until).toBe(3_000);
  });

  it('is never renewed beyond deadline, grace and the time to write the end', async () => {
    const lease = keeper.hold(delivery());
    keeper.limit(lease, 4_000);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(store.renewals.map(({ leaseMs }) => leaseMs)).toEqual([3_500, 2_000, 500]);
  });

  it('is renewed no more once its end is being written, or it was released', async () => {
    const [settling, released] = [keeper.hold(delivery('t1')), keeper.hold(delivery('t2'))];
    settling.settling = true;
    keeper.release(released);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(store.calls).toEqual([]);
  });

  it('tells its loss once', async () => {
    const lease = keeper.hold(delivery());
    lease.onLost = vi.fn();
    store.lost.add('t1');
    await vi.advanceTimersByTimeAsync(6_000);
    expect(lease.onLost).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'SLUICE_LEASE_LOST' }));
  });

  it('is believed to last no longer when a renewal fails', async () => {
    const lease = keeper.hold(delivery());
    const until = lease.heldUntilMs;
    store.failures.renew = [new Error('away')];
    await vi.advanceTimersByTimeAsync(1_500);
    expect(lease.heldUntilMs).toBe(until);
    expect(trouble).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(lease.heldUntilMs).toBe(until + 3_000);
  });
});
