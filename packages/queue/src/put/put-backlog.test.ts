import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PendingPut } from './pending-put.ts';
import type { PreparedJob } from './prepare-job.ts';
import { PutBacklog } from './put-backlog.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Puts that are numbered, and a backlog that notes whose time was up. */
function kit() {
  const ended: string[] = [];
  const backlog = new PutBacklog((put) => {
    if (performance.now() < put.until) return true;
    ended.push(put.job.id);
    return false;
  });
  let last = 0;
  const add = (waitMs = Infinity, bytes = 1): PendingPut => {
    const since = performance.now();
    const job = { id: String((last += 1)), bytes } as PreparedJob;
    const put: PendingPut = {
      job,
      since,
      until: since + waitMs,
      signal: undefined,
      deadlockGuard: undefined,
      waited: false,
      sent: false,
      calledOff: false,
      arrivalLinks: undefined,
      deadlineLinks: undefined,
      resolve: () => undefined,
      reject: () => undefined,
    };
    backlog.add(put);
    return put;
  };
  const take = (most: number, bytes = Infinity) => backlog.take(most, bytes).map(({ job }) => job.id);
  return { backlog, ended, add, take };
}

describe('a backlog of puts', () => {
  it('gives them in their order, by number and bytes, and one that is too large alone', () => {
    const { add, take } = kit();
    for (const bytes of [1, 1, 1, 5, 20, 1]) add(Infinity, bytes);
    expect(take(2)).toEqual(['1', '2']);
    expect(take(9, 8)).toEqual(['3', '4']);
    expect(take(9, 8)).toEqual(['5']);
    expect(take(9, 8)).toEqual(['6']);
    expect(take(9, 8)).toEqual([]);
  });

  it('passes over those who were let go, and counts who waits', () => {
    const { backlog, add, take } = kit();
    const [, second, third] = [add(), add(), add()];
    backlog.makeWait();
    const fourth = add();
    expect(backlog.waiting).toBe(3);
    backlog.remove([second, fourth, second]);
    expect(backlog.waiting).toBe(2);
    expect([second, third, fourth].map(({ waited }) => waited)).toEqual([true, true, false]);
    expect(take(9)).toEqual(['1', '3']);
    expect(backlog.waiting).toBe(0);
  });

  it('ends each wait at its own time, whatever is before it', () => {
    const { backlog, ended, add, take } = kit();
    for (const waitMs of [Infinity, 3_000, 1_000, 2 ** 40]) add(waitMs);
    vi.advanceTimersByTime(500);
    expect(ended).toEqual([]); // nobody was told to wait yet
    backlog.makeWait();
    vi.advanceTimersByTime(502);
    expect(ended).toEqual(['3']);
    vi.advanceTimersByTime(10_000);
    expect(ended).toEqual(['3', '2']);
    expect(backlog.waiting).toBe(2);
    expect(take(9)).toEqual(['1', '4']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps its order and its count over all that comes and goes, and no entry of who has left', () => {
    const { backlog, add, take } = kit();
    const there: PendingPut[] = [];
    let seed = 7;
    const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
    for (let step = 0; step < 3_000; step += 1) {
      const kind = random(10);
      if (kind < 6) there.push(add());
      else if (kind < 7) backlog.makeWait();
      else if (kind < 9) backlog.remove(there.splice(random(there.length + 1), 1));
      else expect(take(3)).toEqual(there.splice(0, 3).map(({ job }) => job.id));
      expect(backlog.waiting).toBe(there.filter(({ waited }) => waited).length);
    }
    const all = there.map(({ job }) => job.id);
    expect(backlog.removeAll().map(({ job }) => job.id)).toEqual(all);
    expect(backlog.waiting).toBe(0);
    expect(take(1)).toEqual([]);
  });
});
