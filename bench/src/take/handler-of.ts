import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchPayload } from '../put/put-plan.ts';
import type { RunTally } from './run-tally.ts';
import type { BenchResult } from './take-contender.ts';
import type { TakeCase, Work } from './take-plan.ts';

/** The handler that all contenders run. */
export function handlerOf(
  { work, result }: Pick<TakeCase, 'work' | 'result'>,
  tally: RunTally,
): (payload: BenchPayload) => Promise<BenchResult | null> {
  return async (payload) => {
    tally.handle(Number(payload.url.slice(-8)));
    const ms = workMs(work);
    if (ms > 0) await sleep(ms);
    return result ? { status: 200, digest: 'd'.repeat(64), bytes: 12_345, url: payload.url } : null;
  };
}

function workMs(work: Work): number {
  switch (work) {
    case 'none':
      return 0;
    case 'steady':
      return 5;
    case 'random':
      return 1 + Math.random() * 8;
    default:
      throw new TypeError(`unknown work ${String(work satisfies never)}`);
  }
}
