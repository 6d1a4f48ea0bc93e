import { describe, expect, type TestAPI } from 'vitest';
import type { Delivery } from '../../../../job/delivery.ts';
import { CompletionRefusedError, LeaseLostError } from '../../../../job/errors/index.ts';
import {
  failure,
  MINUTE_MS,
  settleAndTake,
  jobsOf,
  take,
  addAll,
  takeOne,
  idsOf,
  done,
  type StoreSubject,
} from './store-subject.ts';

export function testBatchTakes(test: TestAPI<{ subject: StoreSubject }>): void {
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
  });
}

export function testBatchCompletions(test: TestAPI<{ subject: StoreSubject }>): void {
  describe('a batch with completions', () => {
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
