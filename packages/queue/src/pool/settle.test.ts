import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CompletionRefusedError } from './attempt-errors.ts';
import { systemClock } from './clock.ts';
import type { Lease } from './lease-keeper.ts';
import { settle } from './settle.ts';
import { aDelivery, FakeLeaseStore, leaseLost } from './testing/fake-lease-store.ts';

const done = { kind: 'completed', result: '{}' } as const;
const away = new Error('ECONNRESET');

let store: FakeLeaseStore;
beforeEach(() => {
  vi.useFakeTimers();
  store = new FakeLeaseStore();
});
afterEach(() => void vi.useRealTimers());

function lease(heldForMs: number): Lease {
  const heldUntilMs = systemClock.monotonicMs() + heldForMs;
  const confirm = (): Promise<'lost'> => Promise.resolve('lost');
  return { delivery: aDelivery(), heldUntilMs, endsAtMs: Infinity, settling: false, onLost: () => undefined, confirm };
}

async function settled(held: Lease): Promise<Awaited<ReturnType<typeof settle>>> {
  const settling = settle(held, done, { store, clock: systemClock, onTrouble: () => undefined });
  await vi.runAllTimersAsync();
  return settling;
}

describe('settle', () => {
  it('writes the outcome by one call', async () => {
    expect(await settled(lease(5_000))).toEqual({ outcome: done, written: true });
    expect(store.calls).toEqual(['complete a']);
  });

  it('tries again while Redis is away', async () => {
    store.failures.complete = [away, away, away];
    expect(await settled(lease(5_000))).toMatchObject({ written: true });
    expect(store.calls).toEqual(Array(4).fill('complete a'));
  });

  it('gives up when the lease must be over, after a last try', async () => {
    store.failures.complete = Array(1_000).fill(away);
    expect(await settled(lease(2_000))).toMatchObject({ written: false });
    expect(store.calls.length).toBeLessThan(20);
    expect(store.calls.length).toBeGreaterThan(5);
  });

  it('takes a refusal as the loss of the lease, and does not ask further', async () => {
    store.failures.complete = [leaseLost()];
    store.accounted = true;
    expect(await settled(lease(5_000))).toMatchObject({ written: false });
    expect(store.calls).toEqual(['complete a']);
  });

  it('asks whether it was itself the one who ended the job when an answer was lost before the refusal', async () => {
    store.failures.complete = [away, leaseLost()];
    store.accounted = true;
    expect(await settled(lease(5_000))).toMatchObject({ written: true });
    store.failures.complete = [away, leaseLost()];
    store.accounted = false;
    expect(await settled(lease(5_000))).toMatchObject({ written: false });
  });

  it('buries a job that may not complete because of its children', async () => {
    store.failures.complete = [new CompletionRefusedError('children')];
    expect(await settled(lease(5_000))).toMatchObject({
      written: true,
      outcome: { kind: 'dead', failure: { message: 'children' } },
    });
    expect(store.calls).toEqual(['complete a', 'bury a']);
  });
});
