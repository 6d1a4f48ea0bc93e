import { setTimeout as sleep } from 'node:timers/promises';
import { type Attempt, PermanentJobError, RetryLaterError } from '@sluice/queue';
import type { HistoryRecorder } from '@sluice/testing/history';
import type { step } from './chaos-queue.ts';

export interface Run {
  /** Its name, which it returns or throws. */
  name: string;
  worker: string;
  history: HistoryRecorder;
  attempt: Pick<Attempt<typeof step>, 'payload' | 'attempt' | 'signal'>;
}

/** Does what the payload says: returns, or throws an error that names the run. */
export async function act({ name, worker, history, attempt }: Run): Promise<{ run: string }> {
  const { payload, signal } = attempt;
  switch (payload.act) {
    case 'quick':
    case 'slow':
    case 'long':
      await sleep(payload.workMs, undefined, { signal });
      return { run: name };
    case 'failOnce':
      if (attempt.attempt === 1) throw new Error(name);
      return { run: name };
    case 'fail':
      throw new Error(name);
    case 'failForGood':
      throw new PermanentJobError(name);
    case 'retryLater':
      // Such a delivery spends no attempt, so the job ends by chance only.
      if (Math.random() < 0.5) throw new RetryLaterError({ delayMs: Math.ceil(Math.random() * 400) });
      return { run: name };
    case 'hang':
      await sleep(60_000, undefined, { signal });
      return { run: name };
    case 'ignoreSignal':
      await sleep(payload.workMs);
      return { run: name };
    case 'blockLoop':
      blockLoop(payload.workMs, worker, history);
      return { run: name };
    default:
      return payload.act satisfies never;
  }
}

function blockLoop(ms: number, worker: string, history: HistoryRecorder): void {
  history.record({ type: 'fault', phase: 'began', kind: 'block', target: worker });
  const until = performance.now() + ms;
  while (performance.now() < until);
  history.record({ type: 'fault', phase: 'ended', kind: 'block', target: worker });
}
