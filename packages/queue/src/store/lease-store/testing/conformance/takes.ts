import { describe, expect, type TestAPI } from 'vitest';
import {
  OTHERS,
  SUSPECTS,
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

export function testTakesOfHeldQueues(test: TestAPI<{ subject: StoreSubject }>): void {
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

export function testSuspects(test: TestAPI<{ subject: StoreSubject }>): void {
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
