import { describe, test as base, type TestAPI } from 'vitest';
import type { StoreSubject } from '../../store/lease-store/testing/conformance/store-subject.ts';
import { testLeaseStore } from '../../store/lease-store/testing/lease-store-conformance.ts';
import { FakeLeaseStore } from './fake-lease-store.ts';
import { FakeQueue, type FakeJob } from './fake-queue.ts';

/** @param takesAtWake whether a wait of either store takes jobs when it ends */
function openSubject(takesAtWake: boolean): StoreSubject {
  const queue = new FakeQueue();
  const store = Object.assign(new FakeLeaseStore(queue), { takesAtWake });
  const other = Object.assign(new FakeLeaseStore(queue, 'other'), { takesAtWake });
  const change = async (id: string, fields: Partial<FakeJob>): Promise<void> => {
    Object.assign(queue.jobs.get(id) ?? {}, fields);
  };
  const add = async (): Promise<string> => {
    const { id } = queue.add({});
    queue.wakeOne();
    return id;
  };
  return {
    store,
    other,
    add,
    addSpecial: async () => {
      const id = await add();
      await change(id, { isPlain: false });
      return id;
    },
    find: async (id) => {
      const job = queue.jobs.get(id);
      const nothing = { attemptsMade: 0, result: null, failure: null, progress: null, sharedDelivery: 0 };
      return job ? { ...nothing, ...job } : { ...nothing, state: 'gone' };
    },
    endLease: (id, how) => change(id, { token: how === 'ran out' ? null : 'another' }),
    addChild: (id) => change(id, { hasChildren: true }),
    removeContent: (id) => change(id, { fields: { name: '', data: '' } }),
    pause: async () => void (queue.isPaused = true),
    limitRate: async () => void (queue.limitedMs = 60_000),
    suspect: async (...groups) => void queue.suspects.push(...groups),
  };
}

function subjectTest(takesAtWake: boolean): TestAPI<{ subject: StoreSubject }> {
  return base.extend<{ subject: StoreSubject }>({
    // oxlint-disable-next-line no-empty-pattern -- vitest reads the parameter's pattern
    subject: async ({}, use) => use(openSubject(takesAtWake)),
  });
}

describe('whose waits take no jobs', () => {
  testLeaseStore(subjectTest(false));
});
describe('whose waits take jobs', () => {
  testLeaseStore(subjectTest(true));
});
