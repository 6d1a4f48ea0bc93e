import { describe, expect, type TestAPI } from 'vitest';
import type { Delivery } from '../../../../job/delivery.ts';
import { LeaseLostError } from '../../../../job/errors/index.ts';
import { batchOf, jobsOf, takeOne, type StoreSubject } from './store-subject.ts';
import { settles } from './settles.ts';

export function testLostLeases(test: TestAPI<{ subject: StoreSubject }>): void {
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
