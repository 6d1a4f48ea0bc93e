import { describe, expect, type TestAPI } from 'vitest';
import { take, addAll, takeOne, type StoreSubject } from './store-subject.ts';

export function testNotes(test: TestAPI<{ subject: StoreSubject }>): void {
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
