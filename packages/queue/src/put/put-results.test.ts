import { expect, it } from 'vitest';
import { z } from 'zod';
import { defineJob } from '../job/contracts/job-contract.ts';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { PutOptionError, QueueFullError } from '../job/errors/index.ts';
import type { PendingPut } from './pending-put.ts';
import type { PreparedJob } from './prepare-job.ts';
import { PutResults } from './put-results.ts';

const job = defineJob({ name: 'job', payload: z.null(), result: z.null() });
const queue = defineQueue({ name: 'q', jobs: [job], capacity: 1 });
const off = new Error('called off');

/** Whether the put may be sent, and what it was rejected with. */
function trySend(
  put: Partial<PendingPut>,
  expiresAtMs?: number,
  results = new PutResults(queue, 'redis'),
): { may: boolean; error: unknown } {
  const said: { may: boolean; error: unknown } = { may: false, error: null };
  const pending: PendingPut = {
    job: { id: 'x', bytes: 4, expiresAtMs } as PreparedJob,
    since: performance.now(),
    until: Infinity,
    signal: undefined,
    deadlockGuard: undefined,
    waited: false,
    sent: false,
    calledOff: false,
    arrivalLinks: undefined,
    deadlineLinks: undefined,
    resolve: () => undefined,
    reject: (error) => (said.error = error),
    ...put,
  };
  said.may = results.maySend(pending);
  return said;
}

it('sends a put that was not called off', () => {
  expect(trySend({})).toEqual({ may: true, error: null });
  expect(trySend({ waited: true }, Date.now() + 60_000)).toEqual({ may: true, error: null });
});

it('lets a put that may not wait be sent once', () => {
  expect(trySend({ until: performance.now() - 1_000 })).toEqual({ may: true, error: null });
});

it('refuses what was called off, has waited long enough, or has expired', () => {
  expect(trySend({ signal: AbortSignal.abort(off) })).toEqual({ may: false, error: off });
  expect(trySend({ calledOff: true }).may).toBe(false);
  const late = performance.now() - 1_000;
  expect(trySend({ waited: true, until: late })).toEqual({ may: false, error: expect.any(QueueFullError) });
  expect(trySend({}, Date.now() - 1)).toEqual({ may: false, error: expect.any(PutOptionError) });
  expect(trySend({ waited: true }, Date.now() - 1)).toEqual({ may: false, error: expect.any(QueueFullError) });
});

it('says that memory was lacking to a put that has waited for it long enough', () => {
  const results = new PutResults(queue, 'redis');
  const late = { waited: true, until: performance.now() - 1_000 };
  const reason = (): unknown => trySend(late, undefined, results).error;
  expect(reason()).toMatchObject({ reason: 'capacity' });
  results.noteOutOfMemory();
  expect(reason()).toMatchObject({ reason: 'memory' });
  results.note({ answers: [], ahead: 0 });
  expect(reason()).toMatchObject({ reason: 'capacity' });
});
