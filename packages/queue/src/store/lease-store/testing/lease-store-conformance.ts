import { describe, expect, type TestAPI } from 'vitest';
import type { Delivery, Taken } from '../../../job/delivery.ts';
import { CompletionRefusedError, LeaseLostError } from '../../../job/errors/index.ts';
import type { FailureRecord } from '../../../job/failure-record.ts';
import type { Completion, LeaseStore, TakeContext, Batch, BatchReply } from '../lease-store.ts';

/** A job as it is in the storage. */
export interface StoredJob {
  readonly state: 'waiting' | 'delayed' | 'active' | 'completed' | 'dead' | 'gone';
  readonly attemptsMade: number;
  /** JSON. */
  readonly result: string | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly progress: unknown;
  /** The last delivery during which other jobs ran in the same process; 0 for none. */
  readonly sharedDelivery: number;
}

/** Two pools' stores on one queue that is empty, and what else the suite does to the queue. */
export interface StoreSubject {
  readonly store: LeaseStore;
  readonly other: LeaseStore;
  /** Adds a job as a producer would. @returns its id */
  add(): Promise<string>;
  /** Adds a job that {@link LeaseStore.settleAndTake} cannot complete. */
  addSpecial(): Promise<string>;
  find(id: string): Promise<StoredJob>;
  /** Ends the lease: it ran out, or another worker has the job now. */
  endLease(id: string, how: 'ran out' | 'taken over'): Promise<void>;
  /** Gives the job a child that has not finished. */
  addChild(id: string): Promise<void>;
  /** Removes the content of a job that waits, but not its id. */
  removeContent(id: string): Promise<void>;
  pause(): Promise<void>;
  /** From now on the queue's rate limit admits nothing, for a minute. */
  limitRate(): Promise<void>;
  /** Makes jobs that wait crash suspects. Each list is a group. */
  suspect(...groups: string[][]): Promise<void>;
}

const failure: FailureRecord = { code: 'BROKEN', message: 'it broke', stack: 'Error: it broke' };
const OTHERS: TakeContext = { which: 'others', hasOthers: true, alone: null };
const SUSPECTS: TakeContext = { which: 'suspects', hasOthers: false, alone: null };
const MINUTE_MS = 60_000;

function batchOf(fields: Partial<Batch>): Batch {
  return { completions: [], take: 0, offered: false, takeMost: 100, ...fields };
}

function settleAndTake({ store }: StoreSubject, fields: Partial<Batch>): Promise<BatchReply> {
  return store.settleAndTake(batchOf(fields));
}

/** What was taken, where taking is plain. */
function jobsOf(taken: BatchReply['taken']): Taken {
  if (taken === null || typeof taken === 'string') throw new Error(`the store answered ${taken} to a plain take`);
  return taken;
}

async function take(subject: StoreSubject, count: number, context?: TakeContext): Promise<readonly Delivery[]> {
  const { taken } = await settleAndTake(subject, { take: count, ...(context ? { context } : {}) });
  return jobsOf(taken).deliveries;
}

async function addAll(subject: StoreSubject, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) ids.push(await subject.add());
  return ids;
}

/** Adds a job and takes it. */
async function takeOne(subject: StoreSubject): Promise<Delivery> {
  await subject.add();
  const [delivery] = await take(subject, 1);
  if (!delivery) throw new Error('the store found no job');
  return delivery;
}

const idsOf = (deliveries: readonly Delivery[]): string[] => deliveries.map(({ id }) => id);
const done = (delivery: Delivery): Completion => ({ delivery, result: `"${delivery.id}"` });

/** All calls that settle an attempt. */
const settles: [name: string, settle: (store: LeaseStore, delivery: Delivery) => Promise<void>][] = [
  ['complete', (store, delivery) => store.complete(delivery, '1')],
  ['retry', (store, delivery) => store.retry(delivery, failure, 0)],
  ['retry with a delay', (store, delivery) => store.retry(delivery, failure, MINUTE_MS)],
  ['deadLetter', (store, delivery) => store.deadLetter(delivery, failure)],
  ['release', (store, delivery) => store.release(delivery, 0)],
  ['release with a delay', (store, delivery) => store.release(delivery, MINUTE_MS)],
  ['discard', (store, delivery) => store.discard(delivery)],
];

/** Declares a test for each promise that {@link LeaseStore} makes. Every implementation runs them, so that a fake cannot promise more. */
export function testLeaseStore(test: TestAPI<{ subject: StoreSubject }>): void {
  testSettleAndTake(test);
  testTakesOfHeldQueues(test);
  testSuspects(test);
  testSettles(test);
  testLostLeases(test);
  testWaits(test);
  testNotes(test);
}

function testSettleAndTake(test: TestAPI<{ subject: StoreSubject }>): void {
  describe('a batch', () => {
    test('takes jobs in their order, each under a lease of its own', async ({ subject }) => {
      const ids = await addAll(subject, 3);
      const before = performance.now();
      const deliveries = await take(subject, 3);
      expect(idsOf(deliveries)).toEqual(ids);
      expect(new Set(deliveries.map(({ token }) => token)).size).toBe(3);
      for (const [index, delivery] of deliveries.entries()) {
        expect(delivery.fence).toBeGreaterThan(deliveries[index - 1]?.fence ?? 0);
        expect(delivery).toMatchObject({ attemptsMade: 0, deliveries: 1, slot: null });
        expect(delivery.token.endsWith(`:${delivery.fence}`)).toBe(true);
        expect(delivery.takenAtMs).toBeGreaterThanOrEqual(before);
        expect((await subject.find(delivery.id)).state).toBe('active');
      }
    });

    test('takes no more than it is asked for, and says whether there may be more', async ({ subject }) => {
      await addAll(subject, 3);
      const first = jobsOf((await settleAndTake(subject, { take: 2 })).taken);
      expect([first.deliveries.length, first.more]).toEqual([2, true]);
      const last = jobsOf((await settleAndTake(subject, { take: 2 })).taken);
      expect(last).toMatchObject({ deliveries: [{}], more: false, limitedMs: 0, nextDueAtMs: null });
    });

    test('takes nothing when it is not asked to', async ({ subject }) => {
      const delivery = await takeOne(subject);
      await subject.add();
      expect(await settleAndTake(subject, {})).toMatchObject({ ends: [], taken: null });
      expect(await settleAndTake(subject, { completions: [done(delivery)] })).toMatchObject({
        ends: [null],
        taken: null,
      });
      expect(await settleAndTake(subject, { take: 1, takeMost: 0 })).toMatchObject({ taken: null });
    });

    test('says when the next delayed job is due', async ({ subject }) => {
      const now = Date.now();
      await subject.store.retry(await takeOne(subject), failure, MINUTE_MS);
      const { taken } = await settleAndTake(subject, { take: 1 });
      expect(jobsOf(taken)).toMatchObject({ deliveries: [], more: false });
      expect(jobsOf(taken).nextDueAtMs).toBeGreaterThan(now + MINUTE_MS / 2);
      expect(jobsOf(taken).nextDueAtMs).toBeLessThan(now + 2 * MINUTE_MS);
    });

    test('writes completions, then takes jobs for their slots and for the free ones', async ({ subject }) => {
      await addAll(subject, 5);
      const held = await take(subject, 2);
      const { ends, taken } = await settleAndTake(subject, { completions: held.map(done), take: 1, offered: true });
      expect([ends, jobsOf(taken).deliveries.length]).toEqual([[null, null], 3]);
      for (const { id } of held) {
        expect(await subject.find(id)).toMatchObject({ state: 'completed', attemptsMade: 1, result: `"${id}"` });
      }
    });

    test('takes no more in all than the most', async ({ subject }) => {
      await addAll(subject, 5);
      const held = await take(subject, 2);
      const most = { completions: held.map(done), take: 1, offered: true, takeMost: 2 };
      expect(jobsOf((await settleAndTake(subject, most)).taken).deliveries).toHaveLength(2);
    });

    test('writes the others when one lease is lost, and offers no slot for that one', async ({ subject }) => {
      await addAll(subject, 4);
      const held = await take(subject, 3);
      const [a, b, c] = held as [Delivery, Delivery, Delivery];
      await subject.endLease(a.id, 'ran out');
      await subject.endLease(b.id, 'taken over');
      const { ends, taken } = await settleAndTake(subject, { completions: held.map(done), offered: true });
      expect(ends).toEqual([expect.any(LeaseLostError), expect.any(LeaseLostError), null]);
      expect(jobsOf(taken).deliveries).toHaveLength(1);
      const states = await Promise.all([a, b, c].map(async ({ id }) => (await subject.find(id)).state));
      expect(states).toEqual(['active', 'active', 'completed']);
    });

    test('offers nothing when no completion is written', async ({ subject }) => {
      await addAll(subject, 2);
      const [held] = await take(subject, 1);
      await subject.endLease(held?.id ?? '', 'taken over');
      const { ends, taken } = await settleAndTake(subject, { completions: held ? [done(held)] : [], offered: true });
      expect([ends, taken]).toEqual([[expect.any(LeaseLostError)], null]);
    });

    test('refuses a job with an unfinished child, and writes the others', async ({ subject }) => {
      await addAll(subject, 2);
      const held = await take(subject, 2);
      await subject.addChild(held[0]?.id ?? '');
      const { ends } = await settleAndTake(subject, { completions: held.map(done) });
      expect(ends).toEqual([expect.any(CompletionRefusedError), null]);
      expect((await subject.find(held[0]?.id ?? '')).state).toBe('active');
    });

    test('leaves a job that is not plain to a completion of its own', async ({ subject }) => {
      const special = await subject.addSpecial();
      await subject.add();
      const held = await take(subject, 2);
      expect((await settleAndTake(subject, { completions: held.map(done) })).ends).toEqual([
        'needs-bullmq-script',
        null,
      ]);
      expect((await subject.find(special)).state).toBe('active');
      await subject.store.complete(held[0] as Delivery, '1');
      expect(await subject.find(special)).toMatchObject({ state: 'completed', result: '1' });
    });
  });
}

function testTakesOfHeldQueues(test: TestAPI<{ subject: StoreSubject }>): void {
  describe('a take', () => {
    test('of a paused queue finds nothing', async ({ subject }) => {
      await subject.add();
      await subject.pause();
      expect((await settleAndTake(subject, { take: 1 })).taken).toMatchObject({ deliveries: [], more: false });
      expect(await subject.store.takeWithBullmq(1)).toMatchObject({ deliveries: [], more: false });
    });

    test('of a limited queue says for how long', async ({ subject }) => {
      const id = await subject.add();
      await subject.limitRate();
      for (const taken of [
        jobsOf((await settleAndTake(subject, { take: 1 })).taken),
        await subject.store.takeWithBullmq(1),
      ]) {
        expect(taken.deliveries).toEqual([]);
        expect(taken.limitedMs).toBeGreaterThan(0);
        expect(taken.limitedMs).toBeLessThanOrEqual(MINUTE_MS);
      }
      expect((await subject.find(id)).state).toBe('waiting');
    });

    test('of a paused queue does not keep completions from being written', async ({ subject }) => {
      const delivery = await takeOne(subject);
      await subject.pause();
      const answer = await settleAndTake(subject, { completions: [done(delivery)], take: 1 });
      expect(answer).toMatchObject({ ends: [null], taken: { deliveries: [] } });
      expect((await subject.find(delivery.id)).state).toBe('completed');
    });

    test("by BullMQ's script takes at most as many as it is asked for", async ({ subject }) => {
      const ids = await addAll(subject, 3);
      const { deliveries } = await subject.store.takeWithBullmq(2);
      expect(idsOf(deliveries).toSorted()).toEqual(ids.slice(0, 2).toSorted());
      expect(new Set(deliveries.map(({ token }) => token)).size).toBe(2);
    });
  });
}

function testSuspects(test: TestAPI<{ subject: StoreSubject }>): void {
  describe('crash suspects', () => {
    test('come first where nothing runs, by a take of their own, one group at a time', async ({ subject }) => {
      const [a, b, c, other] = (await addAll(subject, 4)) as [string, string, string, string];
      await subject.suspect([c], [a, b]);
      expect((await settleAndTake(subject, { take: 4 })).taken).toBe('suspects');
      expect(idsOf(await take(subject, 4, SUSPECTS))).toEqual([c]);
      expect(idsOf(await take(subject, 4, SUSPECTS))).toEqual([a, b]);
      expect(idsOf(await take(subject, 4, SUSPECTS))).toEqual([]);
      expect(idsOf(await take(subject, 4))).toEqual([other]);
    });

    test('are skipped where other jobs run, and one busy pool pauses for them', async ({ subject }) => {
      const [suspect, other] = (await addAll(subject, 2)) as [string, string];
      await subject.suspect([suspect]);
      const { taken, pauseForSuspects } = await settleAndTake(subject, { take: 2, context: OTHERS });
      expect([idsOf(jobsOf(taken).deliveries), pauseForSuspects]).toEqual([[other], true]);
      expect((await settleAndTake(subject, { take: 1, context: OTHERS })).pauseForSuspects).toBe(false);
    });

    test('do not keep completions from being written', async ({ subject }) => {
      const delivery = await takeOne(subject);
      await subject.suspect([await subject.add()]);
      const answer = await settleAndTake(subject, { completions: [done(delivery)], take: 1 });
      expect(answer).toMatchObject({ ends: [null], taken: 'suspects' });
    });
  });
}

function testSettles(test: TestAPI<{ subject: StoreSubject }>): void {
  describe('a settling call', () => {
    test('completes a job', async ({ subject }) => {
      const delivery = await takeOne(subject);
      await subject.store.complete(delivery, '{"n":1}');
      expect(await subject.find(delivery.id)).toMatchObject({ state: 'completed', attemptsMade: 1, result: '{"n":1}' });
    });

    test('completes no job with an unfinished child, and leaves it to another end', async ({ subject }) => {
      const delivery = await takeOne(subject);
      await subject.addChild(delivery.id);
      await expect(subject.store.complete(delivery, '1')).rejects.toThrow(CompletionRefusedError);
      expect((await subject.find(delivery.id)).state).toBe('active');
      await subject.store.retry(delivery, failure, MINUTE_MS);
      expect((await subject.find(delivery.id)).state).toBe('delayed');
    });

    test('retries a job at once, an attempt spent', async ({ subject }) => {
      const delivery = await takeOne(subject);
      await subject.store.retry(delivery, failure, 0);
      const { code, message } = failure;
      expect(await subject.find(delivery.id)).toMatchObject({ state: 'waiting', failure: { code, message } });
      const [again] = await take(subject, 1);
      expect(again).toMatchObject({ id: delivery.id, attemptsMade: 1, deliveries: 2 });
      expect(again?.fence).toBeGreaterThan(delivery.fence);
    });

    test('retries a job after a delay', async ({ subject }) => {
      const delivery = await takeOne(subject);
      await subject.store.retry(delivery, failure, MINUTE_MS);
      expect(await subject.find(delivery.id)).toMatchObject({ state: 'delayed', attemptsMade: 1 });
      expect(await take(subject, 1)).toEqual([]);
    });

    test('keeps a job as a dead letter, an attempt spent', async ({ subject }) => {
      const delivery = await takeOne(subject);
      await subject.store.deadLetter(delivery, failure);
      const { code, message } = failure;
      expect(await subject.find(delivery.id)).toMatchObject({
        state: 'dead',
        attemptsMade: 1,
        failure: { code, message },
      });
      expect(await take(subject, 1)).toEqual([]);
    });

    test('releases a job to the head of the queue, no attempt spent', async ({ subject }) => {
      const [first, second] = await addAll(subject, 2);
      const [delivery] = (await take(subject, 1)) as [Delivery];
      await subject.store.release(delivery, 0);
      const deliveries = await take(subject, 2);
      expect(idsOf(deliveries)).toEqual([first, second]);
      expect(deliveries[0]).toMatchObject({ attemptsMade: 0, deliveries: 2 });
    });

    test('releases a job with a delay, no attempt spent, and shows the reason', async ({ subject }) => {
      const delivery = await takeOne(subject);
      await subject.store.release(delivery, MINUTE_MS, failure);
      const { code, message } = failure;
      expect(await subject.find(delivery.id)).toMatchObject({
        state: 'delayed',
        attemptsMade: 0,
        failure: { code, message },
      });
    });

    test('discards what is left of a job whose content is gone', async ({ subject }) => {
      await subject.removeContent(await subject.add());
      const [delivery] = (await take(subject, 1)) as [Delivery];
      expect(delivery.name).toBe('');
      await subject.store.discard(delivery);
      expect((await subject.find(delivery.id)).state).toBe('gone');
    });
  });
}

function testLostLeases(test: TestAPI<{ subject: StoreSubject }>): void {
  describe.for(settles)('%s', ([, settle]) => {
    test.for(['ran out', 'taken over'] as const)(
      'is refused when the lease %s, and changes nothing',
      async (how, { subject }) => {
        const delivery = await takeOne(subject);
        await subject.endLease(delivery.id, how);
        await expect(settle(subject.store, delivery)).rejects.toThrow(LeaseLostError);
        expect(await subject.find(delivery.id)).toMatchObject({ state: 'active', attemptsMade: 0, failure: null });
      },
    );

    test('is refused the second time, and does not touch the next delivery', async ({ subject }) => {
      const delivery = await takeOne(subject);
      await subject.store.release(delivery, 0);
      const [next] = jobsOf((await subject.other.settleAndTake(batchOf({ take: 1 }))).taken).deliveries;
      await expect(settle(subject.store, delivery)).rejects.toThrow(LeaseLostError);
      await subject.other.complete(next as Delivery, '1');
      expect(await subject.find(delivery.id)).toMatchObject({ state: 'completed', attemptsMade: 1 });
    });
  });

  describe('wasRecorded', () => {
    test.for(settles.filter(([name]) => !name.startsWith('release')))(
      'knows that %s has ended the attempt',
      async ([, settle], { subject }) => {
        const delivery = await takeOne(subject);
        await settle(subject.store, delivery);
        expect(await subject.store.wasRecorded(delivery, true)).toBe(true);
      },
    );

    test('does not claim an attempt that still runs, or that was released', async ({ subject }) => {
      const delivery = await takeOne(subject);
      expect(await subject.store.wasRecorded(delivery, true)).toBe(false);
      await subject.store.release(delivery, 0);
      expect(await subject.store.wasRecorded(delivery, true)).toBe(false);
    });

    test('is not sure when another delivery may have ended the job', async ({ subject }) => {
      const delivery = await takeOne(subject);
      await subject.store.release(delivery, 0);
      const [next] = jobsOf((await subject.other.settleAndTake(batchOf({ take: 1 }))).taken).deliveries;
      await subject.other.complete(next as Delivery, '1');
      expect(await subject.store.wasRecorded(delivery, false)).toBe(false);
      expect(await subject.other.wasRecorded(next as Delivery, false)).toBe(true);
    });

    test('is not sure of a job that is gone when its lease had run out', async ({ subject }) => {
      const delivery = await takeOne(subject);
      await subject.store.discard(delivery);
      expect(await subject.store.wasRecorded(delivery, false)).toBe(false);
    });
  });
}

function testWaits(test: TestAPI<{ subject: StoreSubject }>): void {
  /** What a wait has found, or finds when it looks. */
  async function found(subject: StoreSubject, wait: ReturnType<LeaseStore['waitForWork']>): Promise<string[]> {
    const wake = await wait;
    return idsOf('taken' in wake ? jobsOf(wake.taken).deliveries : await take(subject, 1));
  }

  describe('a wait for work', () => {
    test('ends when a job comes', async ({ subject }) => {
      const wait = subject.store.waitForWork(MINUTE_MS, 1);
      const id = await subject.add();
      expect(await found(subject, wait)).toEqual([id]);
    });

    test('ends at once when a job came before it', async ({ subject }) => {
      const id = await subject.add();
      expect(await found(subject, subject.store.waitForWork(MINUTE_MS, 1))).toEqual([id]);
    });

    test('ends without a job when its time is over', async ({ subject }) => {
      expect(await found(subject, subject.store.waitForWork(50, 1))).toEqual([]);
    });

    test('takes no more than it may', async ({ subject }) => {
      await addAll(subject, 3);
      const wake = await subject.store.waitForWork(MINUTE_MS, 2);
      const deliveries = 'taken' in wake ? jobsOf(wake.taken).deliveries : [];
      expect(deliveries.length).toBeLessThanOrEqual(2);
    });

    test('is passed on where it is not needed', async ({ subject }) => {
      const id = await subject.add();
      await subject.store.waitForWork(MINUTE_MS, 0); // has the word of the job now
      const wait = subject.other.waitForWork(MINUTE_MS, 1);
      await subject.store.wakeAnother();
      expect(await found(subject, wait)).toEqual([id]);
    });

    test('ends when it is stopped, and none begins any more', async ({ subject: { store } }) => {
      const wait = store.waitForWork(MINUTE_MS, 1).catch(() => 'ended');
      await store.stopWaiting();
      await wait;
      await expect(store.waitForWork(MINUTE_MS, 1)).rejects.toThrow();
    });

    test('ends when the store is closed', async ({ subject: { store } }) => {
      const wait = store.waitForWork(MINUTE_MS, 1).catch(() => 'ended');
      await store.close();
      await wait;
    });
  });
}

function testNotes(test: TestAPI<{ subject: StoreSubject }>): void {
  describe('what is noted of a delivery', () => {
    test('is whether other jobs run in its process', async ({ subject }) => {
      const alone = await takeOne(subject);
      expect((await subject.find(alone.id)).sharedDelivery).toBe(0);
      await subject.store.noteCompany(alone);
      expect((await subject.find(alone.id)).sharedDelivery).toBe(1);
    });

    test('is said with the take that brings the others, too', async ({ subject }) => {
      const alone = await takeOne(subject);
      const second = await subject.add();
      await take(subject, 1, { which: 'others', hasOthers: true, alone });
      for (const id of [alone.id, second]) expect((await subject.find(id)).sharedDelivery).toBe(1);
    });

    test('is that jobs taken together run together', async ({ subject }) => {
      const ids = await addAll(subject, 2);
      await take(subject, 2);
      for (const id of ids) expect((await subject.find(id)).sharedDelivery).toBe(1);
    });

    test('is its company only while it is the job’s last delivery', async ({ subject }) => {
      const first = await takeOne(subject);
      await subject.store.release(first, 0);
      await take(subject, 1);
      await subject.store.noteCompany(first);
      expect((await subject.find(first.id)).sharedDelivery).toBe(0);
    });

    test('is what became of its children: nothing of a job that has none', async ({ subject }) => {
      expect(await subject.store.readChildren(await takeOne(subject))).toEqual([]);
    });

    test('is its progress, of which the last counts', async ({ subject }) => {
      const delivery = await takeOne(subject);
      await subject.store.saveProgress(delivery, { done: 1 });
      await subject.store.saveProgress(delivery, { done: 2 });
      expect((await subject.find(delivery.id)).progress).toEqual({ done: 2 });
    });
  });
}
