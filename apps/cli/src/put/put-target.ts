import { type AllQueues, connectProducer, type Producer } from '@sluice/queue';
import {
  defineJob,
  defineQueue,
  didYouMean,
  type JobContract,
  namePattern,
  nameRule,
  type QueueDefinition,
} from '@sluice/queue/contracts';
import type { Logger } from '@sluice/queue/logging';
import { loadApp } from '@sluice/service';
import { NotFoundError, UsageError } from '../cli-errors.ts';
import { printable } from '../queues/printable.ts';
import { checkQueueName, openQueue } from '../queues/open-queues.ts';

/** Where jobs are put: a producer, and the contract that they are put with. */
export interface PutTarget {
  readonly producer: Producer<QueueDefinition>;
  readonly job: JobContract;
}

export interface AppTarget {
  readonly queue: string;
  readonly job: string;
  readonly redis: string;
  readonly logger: Logger;
  /** The app module that defines the queue. */
  readonly app: string;
}

/**
 * A queue by its definition: payloads are checked by the contract.
 *
 * @throws UsageError when the app has no such queue or job; what is wrong with the app module
 */
export async function connectByApp({ queue: name, job: jobName, redis, logger, app }: AppTarget): Promise<PutTarget> {
  const { queue, job } = await contractOfApp(app, name, jobName);
  return { producer: await connectProducer(queue, { redis, logger }), job };
}

/** @throws UsageError when the app has no such queue or job; what is wrong with the app module */
export async function contractOfApp(
  app: string,
  queueName: string,
  jobName: string,
): Promise<{ queue: QueueDefinition; job: JobContract }> {
  const { queues } = await loadApp(app, { where: '--app' });
  const queue = named(queues, queueName, `the app ${app} has no queue`);
  return { queue, job: named(queue.jobs, jobName, `the queue ${queueName} of the app has no job`) };
}

/** @throws UsageError that names those which there are */
export function named<T extends { readonly name: string }>(all: readonly T[], name: string, problem: string): T {
  const found = all.find((each) => each.name === name);
  if (found) return found;
  const names = all.map((each) => each.name);
  const meant = didYouMean(name, names);
  const hint = meant === null ? `: it has ${names.join(', ')}` : `; did you mean ${meant}?`;
  throw new UsageError(`${problem} ${printable(name.slice(0, 100))}${hint}`);
}

export interface GuestTarget {
  readonly queue: string;
  readonly job: string;
  readonly prefix: string;
  readonly redis: string;
  readonly logger: Logger;
  /** For a queue that Redis does not know, or that has none. */
  readonly capacity: number | undefined;
}

/** Takes any JSON. Its version is not stated by a guest. */
const anyJson: JobContract['payload'] = {
  '~standard': { version: 1, vendor: 'sluice-cli', validate: (value: unknown) => ({ value }) },
};

/** The longest that any contract may allow an attempt. */
const TIMEOUT_MAX_MS = 86_400_000;

/**
 * A queue that is known by its name alone: payloads go in as plain JSON, under the capacity that Redis has.
 *
 * @throws NotFoundError when Redis has no such queue, UsageError when it has no capacity, and none was given
 */
export async function connectAsGuest(queues: AllQueues, target: GuestTarget): Promise<PutTarget> {
  const { queue: name, prefix, redis, logger } = target;
  const job = contractOfGuest(target.job);
  const capacity = await capacityOf(queues, target);
  const queue = defineQueue({ name, prefix, capacity, jobs: [job] });
  return { producer: await connectProducer(queue, { redis, logger, asGuest: true }), job };
}

/** A contract that takes any JSON. @throws UsageError when no job can have this name */
export function contractOfGuest(job: string): JobContract {
  if (!namePattern.test(job)) {
    throw new UsageError(`the name of a job is ${nameRule}, not ${printable(JSON.stringify(job.slice(0, 100)))}`);
  }
  return defineJob({ name: job, payload: anyJson, result: anyJson, timeoutMaxMs: TIMEOUT_MAX_MS });
}

/**
 * That which Redis has, else the one that was given.
 *
 * @throws NotFoundError when Redis has no such queue, UsageError when it has no capacity, and none was given
 */
export async function capacityOf(
  queues: AllQueues,
  { queue: name, capacity }: Pick<GuestTarget, 'queue' | 'capacity'>,
): Promise<number> {
  const queue =
    capacity === undefined ? await openQueue(queues, name).catch(withHint) : queues.get(checkQueueName(name));
  const known = (await queue.stats()).capacity ?? capacity;
  if (known !== undefined) return known;
  throw new UsageError(`Redis knows no capacity of ${name}: give one with --capacity`);
}

function withHint(error: unknown): never {
  if (!(error instanceof NotFoundError)) throw error;
  throw new NotFoundError(`${error.message} (--capacity makes a new one)`, { cause: error });
}
