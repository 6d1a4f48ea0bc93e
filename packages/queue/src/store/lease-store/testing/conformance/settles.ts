import { describe, expect, type TestAPI } from 'vitest';
import type { Delivery } from '../../../../job/delivery.ts';
import { CompletionRefusedError } from '../../../../job/errors/index.ts';
import type { LeaseStore } from '../../lease-store.ts';
import { failure, MINUTE_MS, take, addAll, takeOne, idsOf, type StoreSubject } from './store-subject.ts';

/** All calls that settle an attempt. */
export const settles: [name: string, settle: (store: LeaseStore, delivery: Delivery) => Promise<void>][] = [
  ['complete', (store, delivery) => store.complete(delivery, '1')],
  ['retry', (store, delivery) => store.retry(delivery, failure, 0)],
  ['retry with a delay', (store, delivery) => store.retry(delivery, failure, MINUTE_MS)],
  ['deadLetter', (store, delivery) => store.deadLetter(delivery, failure)],
  ['release', (store, delivery) => store.release(delivery, 0)],
  ['release with a delay', (store, delivery) => store.release(delivery, MINUTE_MS)],
  ['discard', (store, delivery) => store.discard(delivery)],
];

export function testSettles(test: TestAPI<{ subject: StoreSubject }>): void {
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
