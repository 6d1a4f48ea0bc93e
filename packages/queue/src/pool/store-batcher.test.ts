import { beforeEach, describe, expect, it, vi } from 'vitest';
import { LeaseLostError } from '../job/errors/index.ts';
import type { Delivery, Taken } from '../job/delivery.ts';
import { StoreBatcher } from './store-batcher.ts';
import type { Batch, BatchReply, Wake } from '../store/lease-store/lease-store.ts';
import { ProcessLoad } from '../attempt/process-load.ts';
import { Slots } from '../job/slots.ts';
import { aDelivery, FakeLeaseStore } from './testing/fake-lease-store.ts';

let store: FakeLeaseStore;
let slots: Slots;
let batches: Batch[];
let runs: { delivery: Delivery; end: () => void }[];
let notes: Taken[];
let hungry: boolean;

beforeEach(() => {
  [store, batches, runs, notes, hungry] = [new FakeLeaseStore(), [], [], [], true];
  const settleAndTake = store.settleAndTake.bind(store);
  vi.spyOn(store, 'settleAndTake').mockImplementation((batch) => {
    batches.push(batch);
    return settleAndTake(batch);
  });
});

function open(count: number): StoreBatcher {
  slots = new Slots(count);
  const run = async (delivery: Delivery): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    runs.push({ delivery, end: resolve });
    await promise;
  };
  const batcher = new StoreBatcher({ store, slots, run, process: new ProcessLoad() });
  batcher.attach({
    prefersSuspects: () => true,
    onSuspects: () => undefined,
    isHungry: () => hungry,
    onTaken: (taken) => notes.push(taken),
  });
  return batcher;
}

function ready(count: number): void {
  for (let index = 0; index < count; index += 1) store.add({ id: `j${index}` });
}

/** Takes until the slots are full, and gives what runs in them. */
async function fill(batcher: StoreBatcher): Promise<Delivery[]> {
  while (slots.free > 0) await batcher.take();
  await new Promise(setImmediate); // now they count as running
  batches.length = 0;
  return runs.map(({ delivery }) => delivery);
}

describe('the store batcher', () => {
  it('completes a job and takes the next one for its slot in one round trip', async () => {
    const batcher = open(1);
    ready(2);
    const [first] = await fill(batcher);
    await batcher.complete(first as Delivery, '1');
    expect(batches).toMatchObject([{ completions: [{ delivery: { id: 'j0' }, result: '1' }], take: 0, offered: true }]);
    await vi.waitFor(() => expect(runs.map(({ delivery }) => delivery.id)).toEqual(['j0', 'j1']));
    runs[0]?.end();
    await new Promise(setImmediate);
    expect(slots.busy).toBe(1);
  });

  it('sends at once when no other attempt runs', async () => {
    const batcher = open(2);
    ready(2);
    const [first, second] = await fill(batcher);
    const one = batcher.complete(first as Delivery, '1');
    expect(batches).toHaveLength(0);
    const other = batcher.complete(second as Delivery, '2');
    expect(batches).toHaveLength(1);
    await Promise.all([one, other]);
    expect(batches).toMatchObject([{ completions: [{ result: '1' }, { result: '2' }] }]);
  });

  it('sends completions of one turn of the event loop together, and the take with them', async () => {
    const batcher = open(6);
    ready(6);
    const held = await fill(batcher);
    runs[5]?.end();
    await vi.waitFor(() => expect(slots.free).toBe(1));
    const ends = held.slice(0, 5).map(async (delivery, index) => {
      for (let depth = 0; depth < index; depth += 1) await Promise.resolve(); // some take more steps than others
      await batcher.complete(delivery, '0');
    });
    await Promise.all([...ends, batcher.take()]);
    expect(batches).toMatchObject([{ completions: { length: 5 }, take: 1, takeMost: 3 }]);
  });

  it('has two calls in flight at most, each of a hundred jobs and a mebibyte at most', async () => {
    const batcher = open(300);
    ready(300);
    const held = await fill(batcher);
    const gate = Promise.withResolvers<BatchReply>();
    vi.spyOn(store, 'settleAndTake').mockImplementation((batch) => {
      batches.push(batch);
      return gate.promise;
    });
    const big = JSON.stringify('x'.repeat(400_000));
    for (const [index, delivery] of held.entries()) batcher.complete(delivery, index < 4 ? big : '0').catch(() => 0);
    await vi.waitFor(() => expect(batches.length).toBe(2));
    expect(batches.map(({ completions }) => completions.length)).toEqual([2, 100]);
    gate.reject(new Error('enough'));
    await vi.waitFor(() => expect(batches.map(({ completions }) => completions.length)).toEqual([2, 100, 100, 98]));
  });

  it('completes few jobs with a call while a fifth of the slots run handlers, and many when fewer do', async () => {
    const batcher = open(100);
    ready(100);
    const held = await fill(batcher);
    const gates: PromiseWithResolvers<BatchReply>[] = [];
    vi.spyOn(store, 'settleAndTake').mockImplementation((batch) => {
      batches.push(batch);
      const gate = Promise.withResolvers<BatchReply>();
      gates.push(gate);
      return gate.promise;
    });
    const sizes = (): number[] => batches.map(({ completions }) => completions.length);
    const complete = (from: number, to: number): void =>
      held.slice(from, to).forEach((delivery) => void batcher.complete(delivery, '0').catch(() => undefined));
    complete(0, 80); // 20 still run
    await vi.waitFor(() => expect(sizes()).toEqual([16, 16]));
    complete(80, 81); // 19 still run
    gates[0]?.resolve({ ends: Array<null>(16).fill(null), taken: null });
    await vi.waitFor(() => expect(sizes()).toEqual([16, 16, 49]));
    // Those of a call that failed do not run again.
    for (const gate of gates) gate.reject(new Error('enough'));
    complete(81, 100);
    await vi.waitFor(() => expect(sizes()).toEqual([16, 16, 49, 19]));
  });

  it('counts the successors of completed jobs among those that run', async () => {
    const batcher = open(100);
    ready(200);
    const held = await fill(batcher);
    await Promise.all(held.slice(0, 16).map((delivery) => batcher.complete(delivery, '0')));
    await vi.waitFor(() => expect(runs).toHaveLength(116));
    await new Promise(setImmediate);
    batches.length = 0;
    const gate = Promise.withResolvers<BatchReply>();
    vi.spyOn(store, 'settleAndTake').mockImplementation((batch) => {
      batches.push(batch);
      return gate.promise;
    });
    for (const delivery of held.slice(16, 96)) batcher.complete(delivery, '0').catch(() => undefined); // 20 still run
    await vi.waitFor(() => expect(batches.map(({ completions }) => completions.length)).toEqual([16, 16]));
    for (const { end } of runs.slice(96, 100)) end(); // not completed, but given back, say
    await new Promise(setImmediate);
    gate.reject(new Error('enough'));
    await vi.waitFor(() => expect(batches.slice(2).map(({ completions }) => completions.length)).toEqual([48]));
  });

  it('counts no job as running in the turn in which it starts', async () => {
    const batcher = open(300);
    ready(400);
    const held = await fill(batcher);
    const sent = vi.mocked(store.settleAndTake).getMockImplementation();
    const gate = Promise.withResolvers<void>();
    vi.spyOn(store, 'settleAndTake').mockImplementation(async (batch) => {
      const isFirst = batches.length === 0;
      const answer = await sent?.(batch);
      if (!isFirst) await gate.promise;
      return answer as BatchReply;
    });
    for (const delivery of held) void batcher.complete(delivery, '0');
    // The successors of the first hundred have just started when the last hundred is sent.
    await vi.waitFor(() => expect(batches.map(({ completions }) => completions.length)).toEqual([100, 100, 100]));
    gate.resolve();
  });

  it('offers no slot while nothing is there to take', async () => {
    const batcher = open(1);
    ready(1);
    const [first] = await fill(batcher);
    hungry = false;
    await batcher.complete(first as Delivery, '0');
    expect(batches).toMatchObject([{ take: 0, offered: false }]);
  });

  it('gives each completion its own reply, and frees only the slots of the written ones', async () => {
    const batcher = open(4);
    ready(4);
    const held = await fill(batcher);
    const lost = new LeaseLostError('j1');
    const ends = [null, lost, 'needs-bullmq-script', null] as const;
    store.failures.complete = [];
    const taken = {
      deliveries: [aDelivery({ id: 'n1' }), aDelivery({ id: 'n2' })],
      more: true,
      limitedMs: 0,
      isLimited: false,
      nextDueAtMs: null,
    };
    vi.spyOn(store, 'settleAndTake').mockResolvedValueOnce({ ends, taken });
    const results = await Promise.allSettled(held.map((delivery) => batcher.complete(delivery, '0')));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: lost });
    expect(store.calls.at(-1)).toBe(`complete ${held[2]?.id}`);
    for (const run of runs.slice(0, 4)) run.end();
    await vi.waitFor(() => expect(slots.busy).toBe(2));
    expect(runs.slice(4).map(({ delivery }) => delivery.id)).toEqual(['n1', 'n2']);
  });

  it('leaves the slots free that a run found no jobs for', async () => {
    const batcher = open(4);
    ready(1);
    const taken = await batcher.take();
    expect([taken.more, taken.deliveries.length, slots.busy, notes.length]).toEqual([false, 1, 1, 1]);
  });

  it('asks by itself where taking is not plain', async () => {
    const batcher = open(4);
    ready(3);
    vi.spyOn(store, 'settleAndTake').mockResolvedValue({ ends: [], taken: 'needs-bullmq-script' });
    expect((await batcher.take()).deliveries).toHaveLength(2);
    expect([store.calls, slots.busy]).toEqual([['take 2'], 2]);
  });

  it('frees the slots and rejects every completion when a call fails', async () => {
    const batcher = open(2);
    ready(1);
    await batcher.take();
    vi.spyOn(store, 'settleAndTake').mockRejectedValue(new Error('away'));
    const held = runs[0]?.delivery as Delivery;
    const results = await Promise.allSettled([batcher.complete(held, '0'), batcher.take()]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(slots.busy).toBe(1);
  });

  it('is settled only when no call is in flight', async () => {
    const batcher = open(1);
    const gate = Promise.withResolvers<BatchReply>();
    vi.spyOn(store, 'settleAndTake').mockReturnValue(gate.promise);
    const order: string[] = [];
    void batcher.take().then(() => order.push('taken'));
    const settled = batcher.settled().then(() => order.push('settled'));
    gate.resolve({ ends: [], taken: null });
    await settled;
    expect(order).toEqual(['taken', 'settled']);
  });
});

describe('a wait', () => {
  const signal = new AbortController().signal;

  it('runs the jobs that come with the wake-up, in half the slots at most', async () => {
    const batcher = open(5);
    store.takesAtWake = true;
    const waited = batcher.wait(1_000, signal);
    store.offer(...['j0', 'j1', 'j2', 'j3'].map((id) => ({ id })));
    expect(await waited).toBeNull();
    expect(runs.map(({ delivery }) => delivery.id)).toEqual(['j0', 'j1', 'j2']);
    expect([slots.busy, notes]).toMatchObject([3, [{ more: true }]]);
  });

  it('takes no more jobs than slots were free when it began', async () => {
    const batcher = open(4);
    store.takesAtWake = true;
    const slotLeases = [slots.acquire(), slots.acquire(), slots.acquire()];
    const waited = batcher.wait(1_000, signal);
    for (const slot of slotLeases) slot.release();
    store.offer({ id: 'j0' }, { id: 'j1' });
    expect(await waited).toBeNull();
    expect(runs.map(({ delivery }) => delivery.id)).toEqual(['j0']);
  });

  it('gives back what has no slot any more', async () => {
    const batcher = open(3);
    store.takesAtWake = true;
    const waited = batcher.wait(1_000, signal);
    for (let closed = 0; closed < 2; closed += 1) slots.shrink();
    store.offer({ id: 'j0' }, { id: 'j1' });
    expect(await waited).toBeNull();
    expect([runs.map(({ delivery }) => delivery.id), store.calls.at(-1)]).toEqual([['j0'], 'release j1']);
  });

  it('gives back the jobs that arrive when none is wanted any more', async () => {
    const batcher = open(1);
    store.takesAtWake = true;
    const waited = batcher.wait(1_000, AbortSignal.abort());
    store.offer({ id: 'j0' });
    expect(await waited).toBeNull();
    expect([runs, store.calls.at(-1)]).toEqual([[], 'release j0']);
  });

  it('ends when the store does not answer, and gives back what comes later', async () => {
    vi.useFakeTimers();
    try {
      const batcher = open(1);
      const answer = Promise.withResolvers<Wake>();
      vi.spyOn(store, 'waitForWork').mockReturnValueOnce(answer.promise);
      const waited = batcher.wait(1_000, signal).catch((error: Error) => error.message);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(await waited).toBe('no answer within 2000 ms');
      store.add({ id: 'late' });
      answer.resolve({ taken: await store.takeWithBullmq(1) });
      await vi.advanceTimersByTimeAsync(0);
      expect([runs, store.calls.at(-1)]).toEqual([[], 'release late']);
    } finally {
      vi.useRealTimers();
    }
  });
});
