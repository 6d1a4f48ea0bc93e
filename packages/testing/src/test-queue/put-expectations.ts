import { AssertionError } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { DefinitionError, type JobContract, type JobOf, type Payload, type QueueDefinition } from '@sluice/queue';
import { countByJob, describePut, describePuts } from './describe-puts.ts';
import { findDifferences, type Match, show } from './match.ts';
import type { SeenPut } from './seen-put.ts';

export interface ExpectPutOptions {
  /**
   * How long to wait for it, in milliseconds of real time: for a put that is on its way.
   *
   * @default 0
   */
  within?: number;
  /**
   * The exact number of puts that must match.
   *
   * @default at least one
   */
  count?: number;
}

export interface ExpectNoPutOptions {
  /**
   * How long to look, in milliseconds of real time.
   *
   * @default 0
   */
  within?: number;
}

const LOOK_EVERY_MS = 10;

/** What a test says about the puts of a queue. */
export class PutExpectations<Q extends QueueDefinition> {
  readonly #queue: Q;
  readonly #look: () => Promise<SeenPut[]>;

  /** @param look returns all puts so far */
  constructor(queue: Q, look: () => Promise<SeenPut[]>) {
    this.#queue = queue;
    this.#look = look;
  }

  async expectPut<C extends JobOf<Q>>(
    job: C,
    match: Match<Payload<C>> | undefined,
    { within = 0, count }: ExpectPutOptions,
  ): Promise<SeenPut<C>> {
    checkJob('expectPut', this.#queue, job);
    if (count !== undefined && !(count >= 1))
      throw new DefinitionError('expectPut: count starts at 1; for none, expectNoPut');
    const deadline = performance.now() + within;
    for (;;) {
      const puts = await this.#look();
      const matching = puts.filter((put) => put.job === job.name && isMatch(match, put));
      const isOver = performance.now() >= deadline;
      const [first] = matching;
      const isEnough =
        count === undefined ? first !== undefined : matching.length === count && (isOver || within === 0);
      if (isEnough && first) return first as SeenPut<C>;
      if (isOver) throw this.#missing(job, match, { puts, matching, within, count });
      await sleep(LOOK_EVERY_MS);
    }
  }

  async expectNoPut<C extends JobOf<Q>>(
    job: C,
    match: Match<Payload<C>> | undefined,
    { within = 0 }: ExpectNoPutOptions,
  ): Promise<void> {
    checkJob('expectNoPut', this.#queue, job);
    const deadline = performance.now() + within;
    do {
      const found = (await this.#look()).filter((put) => put.job === job.name && isMatch(match, put));
      if (found.length > 0) throw unwanted(this.#queue.name, match, found);
      if (within > 0) await sleep(LOOK_EVERY_MS);
    } while (performance.now() < deadline);
  }

  #missing(
    job: JobContract,
    match: unknown,
    {
      puts,
      matching,
      within,
      count,
    }: { puts: SeenPut[]; matching: SeenPut[]; within: number; count: number | undefined },
  ): AssertionError {
    const that = match === undefined ? '' : ` with ${show(match)}`;
    const waited = within > 0 ? ` within ${within.toLocaleString('en-US')} ms` : '';
    const found =
      count === undefined
        ? `no put of ${job.name}${that} on queue ${this.#queue.name}${waited}`
        : `${matching.length} instead of ${count} puts of ${job.name}${that} on queue ${this.#queue.name}${waited}`;
    const hint = within > 0 ? '' : '\n  if it may still be on its way: expectPut(job, match, { within: 1_000 })';
    return new AssertionError({
      message: `expectPut: ${found}\n${describePuts(this.#queue.name, job.name, puts, match)}${hint}`,
      actual: puts.filter((put) => put.job === job.name).map(({ payload }) => payload),
      expected: match,
      operator: 'expectPut',
    });
  }
}

function unwanted(queue: string, match: unknown, found: SeenPut[]): AssertionError {
  const that = match === undefined ? '' : ` with ${show(match)}`;
  const lines = found.slice(0, 5).map((put) => `    ${describePut(put)}`);
  return new AssertionError({
    message: `expectNoPut: ${countByJob(found)}${that} on queue ${queue}:\n${lines.join('\n')}`,
    actual: found.map(({ payload }) => payload),
    expected: undefined,
    operator: 'expectNoPut',
  });
}

function isMatch(match: unknown, put: SeenPut): boolean {
  return findDifferences(match, put.payload).length === 0;
}

/** @throws DefinitionError when the job is none of the queue's: it could never be there */
export function checkJob(where: string, queue: QueueDefinition, job: JobContract): void {
  if (queue.jobs.some(({ name }) => name === job?.name)) return;
  const names = queue.jobs.map(({ name }) => name).join(', ');
  throw new DefinitionError(`${where}: queue ${queue.name} has no job ${job?.name}; it has ${names}`);
}
