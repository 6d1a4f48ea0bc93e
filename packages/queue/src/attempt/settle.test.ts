import { ReplyError } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CompletionRefusedError } from '../job/errors/index.ts';
import { systemClock } from '../job/clock.ts';
import type { Lease } from '../leases/main/lease.ts';
import { PoolEmitter } from './pool-events.ts';
import { RedisMonitor } from './redis-monitor.ts';
import { settle } from './settle.ts';
import { aLease } from '../pool/testing/fake-lease.ts';
import { FakeLeaseStore, leaseLost } from '../pool/testing/fake-lease-store.ts';

const done = { kind: 'completed', result: '{}' } as const;
const away = new Error('ECONNRESET');
const watch = new RedisMonitor(new PoolEmitter(), systemClock);

let store: FakeLeaseStore;
beforeEach(() => {
  vi.useFakeTimers();
  store = new FakeLeaseStore();
});
afterEach(() => void vi.useRealTimers());

const lease = (worthForMs: number): Lease => aLease({ worthForMs });

async function settled(held: Lease): Promise<Awaited<ReturnType<typeof settle>>> {
  store.hold(held.delivery);
  const settling = settle(held, done, { store, batcher: store, clock: systemClock, watch });
  await vi.runAllTimersAsync();
  return settling;
}

describe('settle', () => {
  it('writes the outcome by one call', async () => {
    expect(await settled(lease(5_000))).toEqual({ outcome: done, written: true, refused: null });
    expect(store.calls).toEqual(['complete a']);
  });

  it('tries again while Redis is away', async () => {
    store.failures.complete = [away, away, away];
    expect(await settled(lease(5_000))).toMatchObject({ written: true });
    expect(store.calls).toEqual(Array(4).fill('complete a'));
  });

  it('gives up when it is not worth it any more, after a last try', async () => {
    store.failures.complete = Array(1_000).fill(away);
    expect(await settled(lease(2_000))).toMatchObject({ written: false });
    expect(store.calls.length).toBeLessThan(20);
    expect(store.calls.length).toBeGreaterThan(5);
  });

  it('tries for longer while Redis is away than when it refuses', async () => {
    const aWaitingLease = (): Lease => aLease({ worthForMs: 1_000, worthWaitingForMs: 60_000 });
    store.failures.complete = Array(100).fill(away);
    expect(await settled(aWaitingLease())).toMatchObject({ written: true });
    store.failures.complete = Array(100).fill(new ReplyError('MISCONF Errors writing to the AOF file'));
    expect(await settled(aWaitingLease())).toMatchObject({ written: true });
    store.calls.length = 0;
    store.failures.complete = Array(100).fill(new ReplyError('WRONGTYPE Operation against a key'));
    expect(await settled(aWaitingLease())).toMatchObject({ written: false });
    expect(store.calls.length).toBeLessThan(15);
  });

  it('asks again whose the lease is when the lease thread does not reach Redis either', async () => {
    store.failures.complete = Array(6).fill(leaseLost());
    const holds = ['unknown', 'unknown', 'unknown', 'unknown', 'held', 'held'] as const;
    expect(await settled(aLease({ holds: [...holds] }))).toMatchObject({ written: true });
  });

  it('takes a refusal as the loss of the lease, and does not ask further', async () => {
    store.failures.complete = [leaseLost()];
    expect(await settled(lease(5_000))).toMatchObject({ written: false });
    expect(store.calls).toEqual(['complete a']);
  });

  it('writes the outcome after all when the lease had only run out', async () => {
    store.failures.complete = [away, leaseLost(), leaseLost()];
    expect(await settled(aLease({ holds: ['held', 'held'] }))).toMatchObject({ written: true });
    expect(store.calls).toEqual(Array(4).fill('complete a'));
  });

  it('does not take back a lease without end', async () => {
    store.failures.complete = Array(100).fill(leaseLost());
    expect(await settled(aLease({ holds: Array(100).fill('held') }))).toMatchObject({ written: false });
    expect(store.calls).toHaveLength(4);
  });

  it('writes nothing when the lease thread has ended the attempt, and says how that was', async () => {
    const outcome = { kind: 'dead', failure: { code: 'X', message: '', stack: null } } as const;
    const end = await settled(aLease({ settledByWatchdog: { outcome, written: true } }));
    expect(end).toEqual({ outcome, written: true, refused: done });
    expect(store.calls).toEqual([]);
  });

  it('asks whether it was itself the one who ended the job when an answer was lost before the refusal', async () => {
    store.lostAnswers.complete = [away];
    expect(await settled(lease(5_000))).toMatchObject({ written: true });
    store.failures.complete = [away, leaseLost()];
    expect(await settled(lease(5_000))).toMatchObject({ written: false });
  });

  it('asks again when it is unknown whether the lost reply was that of the settle', async () => {
    store.lostAnswers.complete = [away];
    store.failures.wasRecorded = [away];
    expect(await settled(lease(5_000))).toMatchObject({ written: true });
  });

  it('dead-letters a job that may not complete because of its children', async () => {
    store.failures.complete = [new CompletionRefusedError('children')];
    expect(await settled(lease(5_000))).toMatchObject({
      written: true,
      outcome: { kind: 'dead', failure: { message: 'children' } },
    });
    expect(store.calls).toEqual(['complete a', 'deadLetter a']);
  });
});
