import { describe, expect, type TestAPI } from 'vitest';
import type { LeaseStore } from '../../lease-store.ts';
import { MINUTE_MS, jobsOf, take, addAll, idsOf, type StoreSubject } from './store-subject.ts';

export function testWaits(test: TestAPI<{ subject: StoreSubject }>): void {
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
