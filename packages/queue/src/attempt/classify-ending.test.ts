import { describe, expect, it } from 'vitest';
import {
  JobInterruptedError,
  JobTimeoutError,
  LeaseLostError,
  PermanentJobError,
  RetryLaterError,
} from '../job/errors/index.ts';
import { classifyEnding } from './classify-ending.ts';
import type { Delivery } from '../job/delivery.ts';
import type { Ending } from './handler-run.ts';
import type { AttemptOutcome } from '../job/attempt-outcome.ts';
import { aDelivery } from '../pool/testing/fake-lease-store.ts';
import { scriptedJob } from '../pool/testing/scripted-job.ts';

const { contract } = scriptedJob({ attempts: 3, delayMs: 40 });
const timeout = new JobTimeoutError(1_000);
const interrupted = new JobInterruptedError('shutting down');

async function outcomeOf(ending: Ending, delivery: Partial<Delivery> = {}): Promise<AttemptOutcome> {
  return classifyEnding(ending, { delivery: aDelivery(delivery), contract, random: () => 0 });
}

function threw(error: unknown, abortedBy: Error | null = null): Ending {
  return { how: 'threw', error, abortedBy };
}

describe('an attempt', () => {
  it('is completed by a result, also after its deadline', async () => {
    const value = { said: 'x', attempt: 1 };
    for (const abortedBy of [null, timeout, interrupted]) {
      expect(await outcomeOf({ how: 'returned', value, abortedBy })).toEqual({
        kind: 'completed',
        result: JSON.stringify(value),
      });
    }
  });

  it('is retried after an error while attempts are left, then dead', async () => {
    const error = new Error('oh');
    expect(await outcomeOf(threw(error))).toMatchObject({ kind: 'retried', delayMs: 40, failure: { message: 'oh' } });
    expect(await outcomeOf(threw(error), { attemptsMade: 1 })).toMatchObject({ kind: 'retried' });
    expect(await outcomeOf(threw(error), { attemptsMade: 2 })).toMatchObject({
      kind: 'dead',
      failure: { message: 'oh' },
    });
  });

  it('fails by its timeout whatever the handler threw after the deadline', async () => {
    const wrapped = threw(new Error('request aborted'), new JobTimeoutError(1_000));
    for (const ending of [wrapped, threw(timeout, timeout), { how: 'abandoned', abortedBy: timeout } as const]) {
      expect(await outcomeOf(ending)).toMatchObject({ kind: 'retried', failure: { code: 'SLUICE_JOB_TIMEOUT' } });
    }
    expect(await outcomeOf(wrapped)).toMatchObject({ failure: { stack: expect.stringContaining('request aborted') } });
  });

  it('is released when its worker shuts down or its lease is lost, thrown or abandoned', async () => {
    for (const abortedBy of [interrupted, new LeaseLostError('a')]) {
      for (const ending of [threw(new Error('aborted'), abortedBy), { how: 'abandoned', abortedBy } as const]) {
        expect(await outcomeOf(ending, { attemptsMade: 2 })).toMatchObject({ kind: 'released', delayMs: 0 });
      }
    }
  });

  it('is dead at once by a permanent error, also after an abort', async () => {
    for (const abortedBy of [null, timeout, interrupted]) {
      expect(await outcomeOf(threw(new PermanentJobError('no'), abortedBy))).toMatchObject({ kind: 'dead' });
    }
  });

  it.each([
    [250.2, 251],
    [0, 0],
    [1e12, 86_400_000],
  ])('is given back for a sane time when it asks for %s ms', async (delayMs, expected) => {
    expect(await outcomeOf(threw(new RetryLaterError({ delayMs })))).toMatchObject({
      kind: 'released',
      delayMs: expected,
    });
  });

  it('takes the errors of another copy of the library for what they are', async () => {
    const permanent = Object.assign(new Error('no'), { code: 'SLUICE_PERMANENT' });
    expect(await outcomeOf(threw(permanent))).toMatchObject({ kind: 'dead', failure: { code: 'SLUICE_PERMANENT' } });
    const later = Object.assign(new Error('later'), { code: 'SLUICE_RETRY_LATER', delayMs: 500 });
    expect(await outcomeOf(threw(later))).toMatchObject({ kind: 'released', delayMs: 500 });
    const unfit = Object.assign(new Error('later'), { code: 'SLUICE_RETRY_LATER', delayMs: 'soon' });
    expect(await outcomeOf(threw(unfit))).toMatchObject({ kind: 'retried' });
  });

  it('is dead by a result that its contract refuses: the next attempt would give the same', async () => {
    const ending = { how: 'returned', value: { said: 1 }, abortedBy: null } as const;
    expect(await outcomeOf(ending)).toMatchObject({ kind: 'dead', failure: { code: 'SLUICE_RESULT_INVALID' } });
  });
});
