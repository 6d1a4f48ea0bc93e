import { stressLifecycle } from '@sluice/testing/lifecycle';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../job/clock.ts';
import type { Delivery } from '../job/delivery.ts';
import type { Wake } from '../store/lease-store/lease-store.ts';
import { PoolEmitter } from '../attempt/pool-events.ts';
import { RedisMonitor } from '../attempt/redis-monitor.ts';
import { Slots } from '../job/slots.ts';
import { FetchLoop } from './fetch-loop.ts';
import { ProcessLoad } from '../attempt/process-load.ts';
import { StoreBatcher } from './store-batcher.ts';
import { FakeLeaseStore } from './testing/fake-lease-store.ts';

let store: FakeLeaseStore;
let seen: string[];
let running: PromiseWithResolvers<void>[];
let ids: string[];
/** The number of each delivery that runs. */
let deliveries: number[];
let fetchLoop: FetchLoop | undefined;

beforeEach(() => {
  vi.useFakeTimers();
  [store, seen, running, ids, deliveries] = [new FakeLeaseStore(), [], [], [], []];
});
afterEach(async () => {
  for (const one of running) one.resolve();
  const stopped = fetchLoop?.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  await stopped;
  vi.useRealTimers();
});

function start(slots: number): Slots {
  const events = new PoolEmitter();
  events.on('redisLost', () => seen.push('lost'));
  events.on('redisBack', () => seen.push('back'));
  const places = new Slots(slots);
  const run = (delivery: Delivery): Promise<void> => {
    ids.push(delivery.id);
    deliveries.push(delivery.deliveries);
    const one = Promise.withResolvers<void>();
    running.push(one);
    return one.promise;
  };
  const watch = new RedisMonitor(events, systemClock);
  const process = new ProcessLoad();
  const batcher = new StoreBatcher({ store, slots: places, process, run });
  fetchLoop = new FetchLoop({ store, batcher, slots: places, watch, clock: systemClock, process });
  void fetchLoop.start();
  return places;
}

function countOf(call: string): number {
  return store.calls.filter((made) => made.startsWith(call)).length;
}

const turn = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

describe('the fetch loop', () => {
  it('takes no more than there are slots, and continues as they are freed', async () => {
    store.add(...Array.from({ length: 5 }, () => ({})));
    const slots = start(2);
    await turn();
    expect([running.length, slots.free, store.calls]).toEqual([2, 0, ['take 1', 'take 1']]);
    running[0]?.resolve();
    await turn();
    expect([running.length, slots.free]).toEqual([3, 0]);
  });

  it('takes for half its slots at a time, so that jobs run while others are on their way', async () => {
    store.add(...Array.from({ length: 12 }, (_, index) => ({ id: `j${index}` })));
    start(10);
    await turn();
    expect([ids.length, new Set(ids).size, store.calls]).toEqual([10, 10, ['take 5', 'take 5']]);
  });

  it('waits once it found fewer than it looked for', async () => {
    store.add({}, {}, {});
    start(4);
    await turn();
    expect([running.length, store.calls]).toEqual([3, ['take 2', 'take 2', 'wait 5000']]);
    store.offer({});
    await turn();
    expect([running.length, store.calls.slice(3)]).toEqual([4, ['take 1']]);
  });

  it('waits in the store while there is nothing, without asking again', async () => {
    start(4);
    await vi.advanceTimersByTimeAsync(4_900);
    expect(store.calls).toEqual(['take 2', 'wait 5000']);
  });

  it.each([1, 700])('waits no longer than until the next delayed job is due, in %i ms', async (delayMs) => {
    store.queue.addDelayed({}, delayMs);
    start(4);
    await turn();
    expect(store.calls).toEqual(['take 2', `wait ${delayMs}`]);
  });

  it('pauses while the queue is limited', async () => {
    store.queue.limitedMs = 400;
    start(4);
    await vi.advanceTimersByTimeAsync(399);
    expect(store.calls).toEqual(['take 2']);
    store.queue.limitedMs = 0;
    await vi.advanceTimersByTimeAsync(1);
    expect(store.calls).toEqual(['take 2', 'take 2', 'wait 5000']);
  });

  it('backs off while takes fail, up to a second, and reports loss and return once', async () => {
    store.failures.take = Array.from({ length: 12 }, () => new Error('away'));
    const slots = start(4);
    await vi.advanceTimersByTimeAsync(50 + 100 + 200 + 400 + 800 + 7_000);
    expect(countOf('take')).toBe(13);
    expect(seen).toEqual(['lost', 'back']);
    expect(slots.busy).toBe(0);
  });

  it('does not wedge on a take without an answer, and gives back a job that comes too late', async () => {
    const late = Promise.withResolvers<void>();
    const settleAndTake = store.settleAndTake.bind(store);
    vi.spyOn(store, 'settleAndTake').mockImplementationOnce(async (asked) => {
      await late.promise;
      return settleAndTake(asked);
    });
    start(1);
    await vi.advanceTimersByTimeAsync(5_100);
    expect(seen).toEqual(['lost', 'back']);
    store.add({ id: 'late' });
    late.resolve();
    await turn();
    expect(store.calls).toContain('release late');
    expect(deliveries).toEqual([2]); // back in the queue, it was taken once more
  });

  it('turns on when waiting itself fails, without calling Redis lost', async () => {
    const wait = vi.spyOn(store, 'waitForWork').mockRejectedValue(new Error('the other connection'));
    start(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(seen).toEqual([]);
    expect(wait.mock.calls.length).toBeGreaterThan(8);
    expect(wait.mock.calls.length).toBeLessThan(20);
    expect(fetchLoop?.sinceTurnMs).toBeLessThan(2_000);
  });
});

describe('a look that is asked for', () => {
  it('is made during the wait, because a wake-up may be on its way', async () => {
    const slots = start(1);
    await turn(); // nothing there: it waits
    store.add({ id: 'put before the look' });
    slots.grow();
    await fetchLoop?.look();
    expect(ids).toEqual(['put before the look']);
  });

  it('is made by a loop that rests, whatever that knew before', async () => {
    const waited = Promise.withResolvers<Wake>();
    store.waitForWork = () => waited.promise;
    const slots = start(1);
    await turn();
    slots.shrink();
    waited.resolve({ lookAtMs: Date.now() + 60_000 }); // a delayed job is all there is
    await turn();
    const never = Promise.withResolvers<Wake>();
    store.waitForWork = () => never.promise;
    store.add({ id: 'put meanwhile' });
    const looked = fetchLoop?.look();
    slots.grow();
    await turn();
    await looked;
    expect(ids).toEqual(['put meanwhile']);
    never.resolve({ lookAtMs: 0 });
  });

  it('is shared by those who ask before it begins, and made again for who asks later', async () => {
    start(1);
    await turn();
    const looks = countOf('take');
    await Promise.all([fetchLoop?.look(), fetchLoop?.look(), fetchLoop?.look()]);
    expect(countOf('take')).toBeLessThanOrEqual(looks + 2);
    const then = countOf('take');
    await fetchLoop?.look();
    expect(countOf('take')).toBe(then + 1);
  });

  it('passes on a wake-up for which there is no slot any more', async () => {
    const slots = start(1);
    await turn();
    slots.shrink();
    store.offer({});
    await turn();
    expect(store.calls).toContain('wakeAnother');
    expect(ids).toEqual([]);
  });
});

describe('the start and stop of the fetch loop', () => {
  it('may come in any order, and a look after it does not wait', async () => {
    vi.useRealTimers();
    const make = (): FetchLoop => {
      const own = new FakeLeaseStore();
      const process = new ProcessLoad();
      const slots = new Slots(2);
      const batcher = new StoreBatcher({ store: own, slots, process, run: async () => undefined });
      const watch = new RedisMonitor(new PoolEmitter(), systemClock);
      own.add({}, {}, {});
      return new FetchLoop({ store: own, batcher, slots, watch, clock: systemClock, process });
    };
    const check = async (loop: FetchLoop): Promise<void> => expect(await loop.look()).toBeUndefined();
    await stressLifecycle(make, { check });
    vi.useFakeTimers();
  });
});
