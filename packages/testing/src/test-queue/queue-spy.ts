import { AssertionError } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobOf, Payload, QueueDefinition, Receipt } from '@sluice/queue';
import type { ObservedStep } from '@sluice/queue/testing';
import { countByJob, describePut } from './describe-puts.ts';
import { findDifferences, type Match, show } from './match.ts';
import { checkJob } from './put-expectations.ts';
import type { SeenPut } from './seen-put.ts';

/** Which jobs a spy waits for: one by its receipt or id, or any of a contract that has this in its payload. */
export type SpyMatch<C extends JobOf<QueueDefinition>> =
  | Receipt
  | string
  | { readonly job: C; readonly payload?: Match<Payload<C>> };

export interface SpyOptions {
  /**
   * How long to wait, in milliseconds of real time.
   *
   * @default 4_000
   */
  within?: number;
}

const LOOK_EVERY_MS = 10;

/** Waits for what becomes of jobs, whichever program puts and runs them. */
export class QueueSpy<Q extends QueueDefinition> {
  readonly #queue: Q;
  readonly #look: () => Promise<SeenPut[]>;
  readonly #isRunning: () => boolean;

  constructor(queue: Q, look: () => Promise<SeenPut[]>, isRunning: () => boolean) {
    this.#queue = queue;
    this.#look = look;
    this.#isRunning = isRunning;
  }

  /**
   * Resolves with the first job that matches and has been there: `put`, `active`, `completed`, `dead` or `removed`. It may have
   * been there long ago.
   *
   * @throws AssertionError after `within` ms, with the jobs that match and where they are
   */
  async waitFor<C extends JobOf<Q>>(
    match: SpyMatch<C>,
    outcome: ObservedStep,
    { within = 4_000 }: SpyOptions = {},
  ): Promise<SeenPut<C>> {
    const isMeant = this.#meant(match);
    const deadline = performance.now() + within;
    for (;;) {
      const puts = await this.#look();
      const meant = puts.filter(isMeant);
      const found = meant.find(({ steps }) => steps.has(outcome));
      if (found) return found as SeenPut<C>;
      if (performance.now() >= deadline) throw this.#missing(match, outcome, { puts, meant, within });
      await sleep(LOOK_EVERY_MS);
    }
  }

  #meant(match: SpyMatch<JobOf<Q>>): (put: SeenPut) => boolean {
    if (typeof match === 'string') return ({ id }) => id === match;
    if ('id' in match) return ({ id }) => id === match.id;
    checkJob('spy.waitFor', this.#queue, match.job);
    return (put) => put.job === match.job.name && findDifferences(match.payload, put.payload).length === 0;
  }

  #missing(
    match: SpyMatch<JobOf<Q>>,
    outcome: string,
    { puts, meant, within }: { puts: SeenPut[]; meant: SeenPut[]; within: number },
  ): AssertionError {
    const lines = meant.slice(0, 5).map((put) => `\n    ${describePut(put)}`);
    const there = puts.length === 0 ? 'no put was seen at all' : `there were ${countByJob(puts)}`;
    const where = meant.length === 0 ? `\n  none that matches; ${there}` : `\n  these match:${lines.join('')}`;
    const hint =
      this.#isRunning() || outcome === 'put' ? '' : '\n  nothing runs jobs here: call drain() before, or start()';
    return new AssertionError({
      message: `spy.waitFor: no job ${describeMatch(match)} was ${outcome} within ${within.toLocaleString('en-US')} ms${where}${hint}`,
      operator: 'waitFor',
    });
  }
}

function describeMatch(match: SpyMatch<JobOf<QueueDefinition>>): string {
  if (typeof match === 'string') return match;
  if ('id' in match) return match.id;
  return `of ${match.job.name}${match.payload === undefined ? '' : ` with ${show(match.payload)}`}`;
}
